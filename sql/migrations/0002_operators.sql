-- What an operator decides about messages that were not stored as plays, and the trace of it.

-- When a letter was sent to its topic again. It stays as it is: the message it became is a new one, with its own count.
alter table dead_letter add column replayed_at timestamptz;

-- How many letters of a partition were deleted: dead = purged + those that are kept.
alter table consumer_offset add column purged bigint not null default 0;

-- How many dead letters of a source were sent again. Each was read once more, so that what an import has accepted is
-- inserted + duplicate + dead - replayed.
alter table source_count add column replayed bigint not null default 0;

-- Who decided what, in the transaction that did it.
create table operator_decision (
    id bigint generated always as identity primary key,
    decided_at timestamptz not null default now(),
    decided_by text not null,
    verb text not null check (verb in ('replay', 'purge', 'skip', 'adopt')),
    detail text not null
);

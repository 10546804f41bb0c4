-- Imports that can be resumed and undone.

alter table source
-- Where the file is, and what was wanted of it: a resumed job reads it again.
add column path text,
add column options jsonb not null default '{}',
-- Behind the last row that Kafka has acknowledged; null where there is nothing left to resume.
add column position jsonb default '{}',
-- Whether it was interrupted and went on: then some messages may be there twice.
add column resumed boolean not null default false,
-- What an undo took out of `listen`, and what it gave to other sources.
add column removed bigint not null default 0,
add column passed_on bigint not null default 0;

create index source_path on source (user_id, path) where kind = 'import';

-- Who else brought a play that was stored already, so that undoing the import that stored it does not lose it. Rows come
-- into being only where sources overlap.
create table repeated_listen (
    user_id integer not null,
    listened_at timestamptz not null,
    track_id uuid not null,
    source_id integer not null,
    primary key (user_id, listened_at, track_id, source_id)
);

-- The report of every import. A dead letter that was sent again is dead no more: what became of it then is counted with
-- the others. A message that a resumed import has sent twice is one row: once all is stored, a row that is neither
-- inserted nor dead is a duplicate.
create view import_report as
select
    source.id as job,
    app_user.name as "user",
    source.file_name as file,
    source.format,
    encode(source.sha256, 'hex') as sha256,
    case
        when source.state = 'waiting' and not source.resumed and counted.stored >= source.accepted then 'done'
        else source.state
    end as state,
    source.rows_read as rows,
    source.accepted,
    source.skipped,
    counted.inserted,
    case
        when counted.stored >= source.accepted and source.state in ('waiting', 'done', 'undone', 'failed')
            then greatest(source.accepted - counted.inserted - counted.dead, 0)
        else counted.duplicate
    end as duplicate,
    counted.dead,
    extract(epoch from coalesce(source.finished_at, clock_timestamp()) - source.started_at)::float8 as seconds,
    source.removed,
    source.passed_on
from source
join app_user on app_user.id = source.user_id
cross join lateral (
    select
        coalesce(sum(inserted), 0)::bigint as inserted,
        coalesce(sum(duplicate), 0)::bigint as duplicate,
        coalesce(sum(dead - replayed), 0)::bigint as dead,
        coalesce(sum(read - replayed), 0)::bigint as stored
    from source_count
    where source_count.source_id = source.id
) as counted
where source.kind = 'import';

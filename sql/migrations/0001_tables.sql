-- People, where their plays come from, what was played, the plays, and the consumers' ledger.

create table app_user (
    id integer generated always as identity primary key,
    name text not null unique check (name <> '')
);

-- One row per import job or live client of a person. Every listen names the source that brought it first.
create table source (
    id integer generated always as identity primary key,
    user_id integer not null references app_user,
    kind text not null check (kind in ('import', 'live')),
    label text not null,
    format text,
    file_name text,
    sha256 bytea,
    state text not null check (state in ('reading', 'waiting', 'done', 'failed', 'cancelled', 'undone')),
    rows_read bigint not null default 0,
    accepted bigint not null default 0,
    skipped jsonb not null default '{}',
    started_at timestamptz not null default now(),
    finished_at timestamptz
);

create index source_file on source (user_id, sha256) where kind = 'import';

-- Ids of artist, album and track are digests of their normalised names (schemas/identity.py): two workers that meet a
-- new one compute the same id. Rows are never deleted, so whoever has seen one may trust that it stays. `same_as`
-- redirects a merged one, never over more than one step. Of several spellings the lowest (name_rank, name) is shown;
-- a person's own choice has rank -1. Names sort by code point, as in Python, for the rule must not depend on a locale.
create table artist (
    id uuid primary key,
    name text collate "C" not null,
    name_rank smallint not null,
    same_as uuid references artist
);

create table album (
    id uuid primary key,
    artist_id uuid not null references artist,
    name text collate "C" not null,
    name_rank smallint not null,
    same_as uuid references album
);

-- A track is one lookup key: primary artist, title, album. album_guessed: 0 where a source stated the album artist,
-- 1 where the primary artist stands in for it; the lowest (album_guessed, album_id) wins.
create table track (
    id uuid primary key,
    artist_id uuid not null references artist,
    album_id uuid references album,
    album_guessed smallint not null,
    name text collate "C" not null,
    name_rank smallint not null,
    duration_ms integer,
    same_as uuid references track
);

-- Who is credited on a track besides its primary artist, from position 1 on. The primary artist is written once, in
-- track: 19 of 20 tracks have no guest, and a row for each would be a fifth of the cost of a new track.
create table track_guest (
    track_id uuid not null references track,
    artist_id uuid not null references artist,
    position smallint not null,
    primary key (track_id, artist_id)
);

-- Everyone credited on a track; position 0 is the primary artist.
create view track_artist as
select id as track_id, artist_id, 0::smallint as position from track
union all
select track_id, artist_id, position from track_guest;

-- One row per play. No foreign key on track_id: the check is half the cost of an insert, the track is written in the
-- same transaction, and `scrobbles verify` looks for orphans.
create table listen (
    user_id integer not null,
    listened_at timestamptz not null,
    track_id uuid not null,
    source_id integer not null,
    played_ms integer,
    primary key (user_id, listened_at, track_id)
);

-- Where the consumers stand in each partition, and what became of every message they read: the ledger.
-- next_offset - first_offset = read + skipped, and read = inserted + duplicate + dead.
-- Keyed by the id of the topic: a topic that was deleted and made anew under its old name is another topic.
create table consumer_offset (
    topic_id uuid not null,
    partition integer not null,
    topic text not null,
    first_offset bigint not null default 0,
    next_offset bigint not null default 0,
    read bigint not null default 0,
    inserted bigint not null default 0,
    duplicate bigint not null default 0,
    dead bigint not null default 0,
    skipped bigint not null default 0,
    updated_at timestamptz not null default now(),
    primary key (topic_id, partition)
) with (fillfactor = 50);

-- The same counts by source; a row per partition, so that two workers never wait for each other.
-- Source 0 stands for messages that name no source that exists.
create table source_count (
    source_id integer not null,
    partition integer not null,
    read bigint not null,
    inserted bigint not null,
    duplicate bigint not null,
    dead bigint not null,
    primary key (source_id, partition)
) with (fillfactor = 50);

-- Messages that can never become a listen, as they were, in the same transaction as the offset that passes them.
create table dead_letter (
    id bigint generated always as identity primary key,
    topic_id uuid not null,
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    key bytea,
    value bytea,
    headers jsonb not null default '[]',
    source_id integer not null,
    stage text not null check (stage in ('decode', 'store')),
    reason text not null,
    detail text not null,
    created_at timestamptz not null default now(),
    unique (topic_id, partition, "offset")
);

-- What people look at: one row per listen, merges applied.
create view play as
select
    person.name as user_name,
    listen.listened_at,
    artist.name as artist,
    array(
        select credited.name
        from track_artist
        join artist as written on written.id = track_artist.artist_id
        join artist as credited on credited.id = coalesce(written.same_as, written.id)
        where track_artist.track_id = track.id
        order by track_artist.position, track_artist.artist_id
    ) as artists,
    album.name as album,
    track.name as track,
    track.duration_ms,
    listen.played_ms,
    source.label as client,
    listen.source_id,
    track.id as track_id,
    album.id as album_id,
    artist.id as artist_id
from listen
join app_user as person on person.id = listen.user_id
join source on source.id = listen.source_id
join track as written_track on written_track.id = listen.track_id
join track on track.id = coalesce(written_track.same_as, written_track.id)
join artist as written_artist on written_artist.id = track.artist_id
join artist on artist.id = coalesce(written_artist.same_as, written_artist.id)
left join album as written_album on written_album.id = track.album_id
left join album on album.id = coalesce(written_album.same_as, written_album.id);

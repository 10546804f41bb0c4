-- What others call an artist, an album or a track, and who says so: evidence beside the entity, never its identity.

-- One row per entity, id and source, written when a worker first meets the spelling that carries the id, from that
-- source. Counts are taken when somebody asks: a counter per play would be an upsert per play, twice the cost of an
-- import, and would count anew what is read a second time. So a row says only that the source states the id: any order
-- of arrival and any repeat end in the same rows. No foreign keys, as for listen: entity_id is an artist for
-- artist_mbid, an album for release_mbid and release_group_mbid, and a track for recording_mbid, isrc, spotify_track.
-- mapped: a service's guess at it; the person's player did not say so.
create table foreign_id (
    entity_id uuid not null,
    kind text collate "C" not null,
    value text collate "C" not null,
    mapped boolean not null,
    source_id integer not null,
    primary key (entity_id, kind, value, mapped, source_id)
);

-- How many sources, and how many people, state an id of an entity.
create view foreign_id_count as
select
    foreign_id.entity_id,
    foreign_id.kind,
    foreign_id.value,
    foreign_id.mapped,
    count(*) as sources,
    count(distinct source.user_id) as people
from foreign_id
join source on source.id = foreign_id.source_id
group by foreign_id.entity_id, foreign_id.kind, foreign_id.value, foreign_id.mapped;

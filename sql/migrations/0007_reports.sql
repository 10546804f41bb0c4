-- Reports that add up also where messages were sent twice, or an import was not read to its end.

-- The report of every import. A dead letter that was sent again is dead no more: what became of it then is counted with
-- the others. A message that a resumed import has sent twice is one row: once all is stored, a row that is neither
-- inserted nor dead is a duplicate; and one that came as a play the second time, or whose letter was deleted before it
-- came again, is not counted as dead twice.
--
-- An import that is not read to its end is `incomplete`: rows and accepted are those of its last checkpoint, and at
-- least what the consumers have seen of it.
create or replace view import_report as
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
    source.rows_read + seen.accepted - source.accepted as rows,
    seen.accepted,
    source.skipped,
    counted.inserted,
    case
        when seen.is_all then greatest(seen.accepted - counted.inserted - counted.dead, 0)
        when source.resumed then least(counted.duplicate, seen.accepted - counted.inserted - counted.dead)
        else counted.duplicate
    end as duplicate,
    case
        when seen.is_all then least(counted.dead, seen.accepted - counted.inserted)
        else counted.dead
    end as dead,
    extract(epoch from coalesce(source.finished_at, clock_timestamp()) - source.started_at)::float8 as seconds,
    source.removed,
    source.passed_on,
    source.position is not null as incomplete
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
cross join lateral (
    select
        known.accepted,
        counted.stored >= known.accepted and source.state in ('waiting', 'done', 'undone', 'failed') as is_all
    from (
        select
            case
                when source.position is null then source.accepted
                -- Of what came twice nobody knows how often.
                when source.resumed then greatest(source.accepted, counted.inserted + counted.dead)
                else greatest(source.accepted, counted.stored)
            end as accepted
    ) as known
) as seen
where source.kind = 'import';

-- An import that nobody waits for is done once all of it is stored, also where it was resumed.

alter table source
-- Where the import lane ended when Kafka had all of it: a topic_id, a partition and its end each. The plays of a resumed
-- import are not told by counting, for some were sent twice.
add column ends jsonb;

-- The report of every import, as in 0007, but for the state of one that waits.
create or replace view import_report as
select
    source.id as job,
    app_user.name as "user",
    source.file_name as file,
    source.format,
    encode(source.sha256, 'hex') as sha256,
    case
        when source.state = 'waiting' and counted.stored >= source.accepted and (not source.resumed or passed.is_all)
            then 'done'
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
cross join lateral (
    -- What an operator had the consumers pass may have been of this job.
    select
        source.ends is not null
        and not exists (
            select from jsonb_to_recordset(source.ends) as lane (topic_id uuid, partition integer, "end" bigint)
            left join consumer_offset using (topic_id, partition)
            where coalesce(consumer_offset.next_offset, 0) < lane."end"
        )
        and not exists (
            select from operator_decision
            where verb in ('skip', 'adopt') and decided_at > source.started_at
        ) as is_all
) as passed
where source.kind = 'import';

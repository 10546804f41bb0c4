-- Every way in which ledger, sources and rows disagree, one sentence each: no row is the proof that nothing was lost
-- and nothing doubled. One statement, so that it sees one moment, also while workers run.
select format(
    '%s[%s]: offsets %s to %s were passed, but %s read and %s skipped',
    topic, partition, first_offset, next_offset - 1, read, skipped
)
from consumer_offset
where next_offset - first_offset <> read + skipped

union all

select format(
    '%s[%s]: %s read, but %s inserted, %s duplicate and %s dead', topic, partition, read, inserted, duplicate, dead
)
from consumer_offset
where read <> inserted + duplicate + dead

union all

select format(
    '%s counts less than nothing: %s read, %s inserted, %s duplicate, %s dead', place, read, inserted, duplicate, dead
)
from (
    select format('%s[%s]', topic, partition), read, inserted, duplicate, dead
    from consumer_offset
    union all
    select format('source %s in partition %s', source_id, partition), read, inserted, duplicate, dead
    from source_count
) as counted (place, read, inserted, duplicate, dead)
where least(read, inserted, duplicate, dead) < 0

union all

select format('%s: the partitions count %s, the sources %s', part, by_partition, by_source)
from (select sum(read), sum(inserted), sum(duplicate), sum(dead) from consumer_offset) as p (r, i, u, d),
    (select sum(read), sum(inserted), sum(duplicate), sum(dead) from source_count) as s (r, i, u, d),
    lateral (
        values ('read', p.r, s.r), ('inserted', p.i, s.i), ('duplicate', p.u, s.u), ('dead', p.d, s.d)
    ) as total (part, by_partition, by_source)
where coalesce(by_partition, 0) <> coalesce(by_source, 0)

union all

select format('listens: %s were inserted, %s are stored', counted, stored)
from (select coalesce(sum(inserted), 0) - (select coalesce(sum(removed), 0) from source) from consumer_offset)
    as ledger (counted),
    (select count(*) from listen) as table_ (stored)
where counted <> stored

union all

select format('dead letters: %s were counted, %s are kept and %s purged', counted, kept, purged)
from (select coalesce(sum(dead), 0), coalesce(sum(purged), 0) from consumer_offset) as ledger (counted, purged),
    (select count(*) from dead_letter) as table_ (kept)
where counted <> kept + purged

union all

select format('job %s is done: %s plays were accepted, %s dealt with', source.id, source.accepted, dealt_with)
from source
cross join lateral (
    select
        coalesce(sum(read - replayed), 0) + (
            -- Letters that were sent again are dealt with as letters until a worker has passed their copies.
            select count(*)
            from letter_copy
            left join consumer_offset using (topic_id, partition)
            where letter_copy.source_id = source.id and coalesce(next_offset, 0) <= "offset"
        ) as dealt_with
    from source_count
    where source_count.source_id = source.id
) as counted
where source.kind = 'import' and source.state = 'done' and dealt_with < source.accepted

union all

-- Only a job that was resumed sends a play twice.
select format('job %s: %s plays were accepted, %s read', source.id, source.accepted, counted.read)
from source
join (
    select source_id, sum(read - replayed)
    from source_count
    group by source_id
) as counted (source_id, read) on counted.source_id = source.id
where
    source.kind = 'import'
    and source.state in ('waiting', 'done')
    and not source.resumed
    and counted.read > source.accepted

union all

select format('%s listens name a track that does not exist', count(*))
from listen
where not exists (select from track where track.id = listen.track_id)
having count(*) > 0

union all

select format('%s listens name a source that does not exist or belongs to someone else', count(*))
from listen
where not exists (
    select from source where source.id = listen.source_id and source.user_id = listen.user_id
)
having count(*) > 0

-- Letters that the broker has acknowledged once more are marked, the places of their copies noted, and the letters counted
-- for their sources, in the order of the workers, so that nobody waits in a circle. A broker that had a copy already when
-- it was asked again does not tell its place.
with copy as (
    select * from unnest(%s::bigint[], %s::uuid[], %s::integer[], %s::bigint[])
        as sent (letter_id, topic_id, partition, "offset")
),

marked as (
    update dead_letter
    set replayed_at = clock_timestamp()
    from copy
    where dead_letter.id = copy.letter_id
    returning dead_letter.id, dead_letter.source_id, dead_letter.partition
),

noted as (
    insert into letter_copy (topic_id, partition, "offset", source_id)
    select copy.topic_id, copy.partition, copy."offset", marked.source_id
    from copy
    join marked on marked.id = copy.letter_id
    where copy.topic_id is not null and copy."offset" is not null
    -- Where the broker has lost its tail, another copy may have been there.
    on conflict (topic_id, partition, "offset") do update set source_id = excluded.source_id
),

replayed as (
    select source_id, partition, count(*) as letters
    from marked
    group by source_id, partition
),

locked as (
    select source_count.source_id, source_count.partition, replayed.letters
    from source_count
    join replayed using (source_id, partition)
    order by source_count.source_id, source_count.partition
    for update of source_count
)

update source_count
set replayed = source_count.replayed + locked.letters
from locked
where source_count.source_id = locked.source_id and source_count.partition = locked.partition

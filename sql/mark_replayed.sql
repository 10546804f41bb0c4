-- Letters that the broker has acknowledged once more are marked, and counted for their sources, in the order of the
-- workers, so that nobody waits in a circle.
with marked as (
    update dead_letter
    set replayed_at = clock_timestamp()
    where id = any(%s)
    returning source_id, partition
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

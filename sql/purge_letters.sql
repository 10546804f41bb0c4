-- Deletes letters and counts them in the ledger, both or neither; how many of each partition. Partitions are locked in
-- the order of the workers.
with deleted as (
    delete from dead_letter
    where id = any(%s)
    returning topic_id, partition
),

gone as (
    select topic_id, partition, count(*) as letters
    from deleted
    group by topic_id, partition
),

locked as (
    select consumer_offset.topic_id, consumer_offset.partition, gone.letters
    from consumer_offset
    join gone using (topic_id, partition)
    order by consumer_offset.topic_id, consumer_offset.partition
    for update of consumer_offset
)

update consumer_offset
set purged = consumer_offset.purged + locked.letters
from locked
where consumer_offset.topic_id = locked.topic_id and consumer_offset.partition = locked.partition
returning locked.letters

-- What became of the messages of a batch, added to the ledger of its partitions.
update consumer_offset
set
    read = consumer_offset.read + batch.read,
    inserted = consumer_offset.inserted + batch.inserted,
    duplicate = consumer_offset.duplicate + batch.read - batch.inserted - batch.dead,
    dead = consumer_offset.dead + batch.dead
from (
    select topic_id, partition, sum(read) as read, sum(inserted) as inserted, sum(dead) as dead
    from unnest(%s::uuid[], %s::integer[], %s::bigint[], %s::bigint[], %s::bigint[])
        as counts (topic_id, partition, read, inserted, dead)
    group by topic_id, partition
) as batch
where consumer_offset.topic_id = batch.topic_id and consumer_offset.partition = batch.partition

-- Compare and set: passes the batch only where nobody else has moved the partition since. A row that does not match
-- means that another worker owns it now; the caller counts the rows and rolls back. Locks are taken in key order.
with expected as (
    select * from unnest(%s::uuid[], %s::integer[], %s::bigint[], %s::bigint[])
        as batch (topic_id, partition, expected_offset, next_offset)
),

locked as (
    select consumer_offset.topic_id, consumer_offset.partition, expected.next_offset
    from consumer_offset
    join expected using (topic_id, partition)
    where consumer_offset.next_offset = expected.expected_offset
    order by consumer_offset.topic_id, consumer_offset.partition
    for update of consumer_offset
)

update consumer_offset
set next_offset = locked.next_offset, updated_at = now()
from locked
where consumer_offset.topic_id = locked.topic_id and consumer_offset.partition = locked.partition

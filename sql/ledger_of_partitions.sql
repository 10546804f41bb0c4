-- The ledger, partition by partition; also of topics that are no more.
select
    topic,
    topic_id,
    partition,
    first_offset as first,
    next_offset as next,
    read,
    inserted,
    duplicate,
    dead,
    skipped
from consumer_offset
order by topic, partition, topic_id

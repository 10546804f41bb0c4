-- A topic that was recreated gets rows of its own: read from what its log begins with, and what is gone already counts
-- as skipped. The rows of the topic before stay, for their plays do; copies of dead letters that nobody had read in it
-- are lost, and no longer waited for.
with adopted as (
    select * from unnest(%s::uuid[], %s::text[], %s::integer[], %s::bigint[]) as anew (topic_id, topic, partition, low)
),

lost as (
    delete from letter_copy
    using consumer_offset as former, adopted
    where
        former.topic = adopted.topic
        and former.topic_id <> adopted.topic_id
        and letter_copy.topic_id = former.topic_id
)

insert into consumer_offset (topic_id, topic, partition, next_offset, skipped)
select topic_id, topic, partition, low, low
from adopted
order by topic_id, partition
on conflict do nothing

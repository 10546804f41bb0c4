-- A topic that was made anew gets rows of its own: read from what its log begins with, and what is gone already counts
-- as skipped. The rows of the topic before stay, for their plays do.
insert into consumer_offset (topic_id, topic, partition, next_offset, skipped)
select topic_id, topic, partition, low, low
from unnest(%s::uuid[], %s::text[], %s::integer[], %s::bigint[]) as adopted (topic_id, topic, partition, low)
order by topic_id, partition
on conflict do nothing

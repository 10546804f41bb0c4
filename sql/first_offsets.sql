-- Partitions that were never read start at offset 0: what was produced before they were discovered is not lost.
insert into consumer_offset (topic_id, topic, partition)
select topic_id, topic, partition
from unnest(%s::uuid[], %s::text[], %s::integer[]) as assigned (topic_id, topic, partition)
order by topic_id, partition
on conflict do nothing

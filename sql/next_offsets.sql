-- Where the next message of each partition is to be read.
select consumer_offset.topic_id, consumer_offset.partition, consumer_offset.next_offset
from consumer_offset
join unnest(%s::uuid[], %s::integer[]) as assigned (topic_id, partition) using (topic_id, partition)

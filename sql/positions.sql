-- Where the consumers stand in every partition of every topic.
select topic, partition, next_offset
from consumer_offset
where topic_id = any(%s::uuid[])

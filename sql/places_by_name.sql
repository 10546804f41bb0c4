-- Where the consumers stand in the partitions of these topics; of topics that share a name, in the youngest.
select topic, partition, max(next_offset)
from consumer_offset
where topic = any(%s)
group by topic, partition

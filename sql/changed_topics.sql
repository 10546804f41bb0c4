-- Of these topics, those that the ledger knows under their name but with another id only: they were recreated.
select distinct asked.topic
from unnest(%s::uuid[], %s::text[]) as asked (topic_id, topic)
where
    exists (select from consumer_offset as known where known.topic = asked.topic)
    and not exists (select from consumer_offset as known where known.topic_id = asked.topic_id)
order by asked.topic

-- A message that can never become a listen, as it was, beside the offset that passes it.
insert into dead_letter (topic_id, topic, partition, "offset", key, value, headers, source_id, stage, reason, detail)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)

-- A message that can never become a listen, as it was, beside the offset that passes it. Not kept again where the same
-- one of the same source is kept: a resumed import has sent it twice, and it is a repeat as any play would be. What has
-- headers was sent by a replay, whose letter is about to be marked.
insert into dead_letter (topic_id, topic, partition, "offset", key, value, headers, source_id, stage, reason, detail)
select letter.*
from (
    values (
        %s::uuid, %s::text, %s::integer, %s::bigint, %s::bytea, %s::bytea, %s::jsonb, %s::integer, %s::text, %s::text,
        %s::text
    )
) as letter (topic_id, topic, partition, "offset", key, value, headers, source_id, stage, reason, detail)
where
    letter.source_id = 0
    or letter.headers <> '[]'
    or not exists (
        select
        from dead_letter as kept
        where
            kept.source_id = letter.source_id
            and sha256(kept.value) = sha256(letter.value)
            and kept.key is not distinct from letter.key
            and kept.replayed_at is null
    )
returning id

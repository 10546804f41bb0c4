-- The dead letters a filter means, newest first; a filter that is null lets all through.
select id, topic, reason
from dead_letter
where
    (%(ids)s::bigint[] is null or id = any(%(ids)s))
    and (%(reason)s::text is null or reason = %(reason)s)
    and (%(topic)s::text is null or topic = %(topic)s)
    and (%(since)s::timestamptz is null or created_at >= %(since)s)
    and (%(replayed)s::boolean is null or (replayed_at is not null) = %(replayed)s)
    and (
        %(undone)s::boolean is null
        or %(undone)s = exists (select from source where source.id = dead_letter.source_id and source.state = 'undone')
    )
order by id desc
limit %(limit)s

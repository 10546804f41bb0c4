-- What can be said about dead letters in a line each, newest first.
select
    id,
    created_at,
    topic,
    partition,
    "offset",
    source_id,
    stage,
    reason,
    detail,
    coalesce(length(value), 0) as bytes,
    replayed_at
from dead_letter
where id = any(%s)
order by id desc

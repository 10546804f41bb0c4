-- One dead letter with all its bytes.
select
    id,
    created_at,
    topic_id,
    topic,
    partition,
    "offset",
    key,
    value,
    headers,
    source_id,
    stage,
    reason,
    detail,
    replayed_at
from dead_letter
where id = %s

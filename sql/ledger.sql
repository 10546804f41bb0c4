-- What the consumers have read and what became of it; and how many listens and dead letters there really are.
select
    coalesce(sum(read), 0)::bigint as read,
    coalesce(sum(inserted), 0)::bigint as inserted,
    coalesce(sum(duplicate), 0)::bigint as duplicate,
    coalesce(sum(dead), 0)::bigint as dead,
    (select count(*) from listen) as listens
from consumer_offset

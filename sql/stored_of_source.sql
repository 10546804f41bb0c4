-- How many messages of a source the consumers have dealt with; one that was sent again counts once.
select coalesce(sum(read - replayed), 0)::bigint
from source_count
where source_id = %s

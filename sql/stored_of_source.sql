-- How many messages of a source the consumers have dealt with.
select coalesce(sum(read), 0)::bigint
from source_count
where source_id = %s

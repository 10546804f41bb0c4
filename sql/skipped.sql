-- How many offsets were passed without being read, each by a person's decision.
select coalesce(sum(skipped), 0)::bigint
from consumer_offset

-- How many listens undos have taken out.
select coalesce(sum(removed), 0)::bigint
from source

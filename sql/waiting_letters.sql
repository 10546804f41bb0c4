-- Dead letters that nobody has sent again; no more than 100,000 are counted, so that it never takes long.
select count(*)
from (
    select from dead_letter
    where replayed_at is null
    limit 100000
) as waiting

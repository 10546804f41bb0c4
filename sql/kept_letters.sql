-- Those of these dead letters that are there.
select id
from dead_letter
where id = any(%s)

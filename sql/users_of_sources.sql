-- Whose plays a source brings.
select id, user_id
from source
where id = any(%s::integer[])

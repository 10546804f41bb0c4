-- Whose plays a source brings. The sources of a person who was removed are nobody's, like those that do not exist.
select id, user_id
from source
where id = any(%s::integer[]) and user_id is not null

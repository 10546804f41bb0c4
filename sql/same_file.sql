-- The last import of a file with this content that ran to its end.
select id
from source
where user_id = %s and sha256 = %s and kind = 'import' and state = 'done'
order by id desc
limit 1

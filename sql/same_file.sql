-- The last import of a file with this content that ran to its end.
select source.id
from source
join app_user on app_user.id = source.user_id
where app_user.name = %s and source.sha256 = %s and source.kind = 'import' and source.state = 'done'
order by source.id desc
limit 1

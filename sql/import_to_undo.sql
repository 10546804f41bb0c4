-- Whose import it is, and what it was read from.
select
    source.user_id,
    app_user.name,
    encode(source.sha256, 'hex')
from source
join app_user on app_user.id = source.user_id
where source.id = %s and source.kind = 'import'

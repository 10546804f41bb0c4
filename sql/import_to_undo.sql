-- Whose import it is, what it was read from, and how many listens that person has.
select
    source.user_id,
    app_user.name,
    encode(source.sha256, 'hex'),
    (select count(*) from listen where listen.user_id = source.user_id)
from source
join app_user on app_user.id = source.user_id
where source.id = %s and source.kind = 'import'

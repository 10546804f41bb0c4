-- What is stored of a person: the plays, and the content of each import.
select
    app_user.id,
    (select count(*) from listen where listen.user_id = app_user.id) as listens,
    array(
        select encode(source.sha256, 'hex')
        from source
        where source.user_id = app_user.id and source.kind = 'import'
        order by source.sha256
    ) as contents
from app_user
where app_user.name = %s

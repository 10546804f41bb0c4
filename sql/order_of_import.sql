-- What an import was asked for.
select
    source.path,
    source.file_name,
    app_user.name,
    source.options,
    source.state in ('done', 'reading', 'waiting', 'cancelled')
    or (source.state = 'failed' and source.position is not null) as resumable,
    source.state
from source
join app_user on app_user.id = source.user_id
where source.id = %s and source.kind = 'import'

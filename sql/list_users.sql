-- Everyone, with how many plays the consumers have stored for them.
select app_user.id, app_user.name, coalesce(sum(source_count.inserted), 0)::bigint as listens
from app_user
left join source on source.user_id = app_user.id
left join source_count on source_count.source_id = source.id
group by app_user.id, app_user.name
order by app_user.name

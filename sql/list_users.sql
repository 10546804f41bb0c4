-- Everyone, with how many plays of theirs are stored: those that came, without those that an undo removed.
select
    app_user.id,
    app_user.name,
    (coalesce(sum(counted.inserted), 0) - coalesce(sum(source.removed), 0))::bigint as listens
from app_user
left join source on source.user_id = app_user.id
left join lateral (
    select sum(source_count.inserted) as inserted
    from source_count
    where source_count.source_id = source.id
) as counted on true
group by app_user.id, app_user.name
order by app_user.name

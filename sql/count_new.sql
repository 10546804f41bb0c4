-- How many plays of a dry run are not stored for this person, who may be nobody yet.
select count(*)
from (select distinct listened_at, track_id from rehearsed_listen) as play
where not exists (
    select from listen
    join app_user on app_user.id = listen.user_id
    where
        app_user.name = %s
        and listen.listened_at = to_timestamp(play.listened_at)
        and listen.track_id = play.track_id
)

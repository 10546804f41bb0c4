-- Plays of this batch that another source has stored. In the order of the key, so that nobody waits in a circle: where
-- partitions were added, one play of one source may be in two of them.
insert into repeated_listen (user_id, listened_at, track_id, source_id)
select distinct staged.user_id, staged.listened_at, staged.track_id, staged.source_id
from staged_listen as staged
where exists (
    select from listen
    where
        listen.user_id = staged.user_id
        and listen.listened_at = staged.listened_at
        and listen.track_id = staged.track_id
        and listen.source_id <> staged.source_id
    offset 0
)
order by staged.user_id, staged.listened_at, staged.track_id, staged.source_id
on conflict do nothing

-- Guests of a track; of two positions for one artist the earlier stays. Sorted, as artists are.
insert into track_guest (track_id, artist_id, position)
select staged.track_id, staged.artist_id, staged.position
from staged_guest as staged
where not exists (
    select from track_guest as known
    where
        known.track_id = staged.track_id
        and known.artist_id = staged.artist_id
        and known.position <= staged.position
    offset 0
)
order by staged.track_id, staged.artist_id
on conflict (track_id, artist_id) do update
set position = excluded.position
where excluded.position < track_guest.position

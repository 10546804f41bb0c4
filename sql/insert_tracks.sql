-- New tracks, and what a spelling improves on known ones: the name, the longer length, the stated album artist.
-- Each field by a rule of its own, so that any order of arrival ends in the same row.
insert into track (id, artist_id, album_id, album_guessed, name, name_rank, duration_ms)
select
    staged.id,
    staged.artist_id,
    staged.album_id,
    staged.album_guessed,
    staged.name,
    staged.name_rank,
    staged.duration_ms
from staged_track as staged
where not exists (
    select from track as known
    where
        known.id = staged.id
        and (known.name_rank, known.name) <= (staged.name_rank, staged.name)
        and coalesce(known.duration_ms, 0) >= coalesce(staged.duration_ms, 0)
        and (known.album_id is null or (known.album_guessed, known.album_id) <= (staged.album_guessed, staged.album_id))
    offset 0
)
order by staged.id
on conflict (id) do update
set
    name = case
        when (excluded.name_rank, excluded.name) < (track.name_rank, track.name) then excluded.name else track.name
    end,
    name_rank = least(track.name_rank, excluded.name_rank),
    duration_ms = greatest(track.duration_ms, excluded.duration_ms),
    album_id = case
        when (excluded.album_guessed, excluded.album_id) < (track.album_guessed, track.album_id) then excluded.album_id
        else track.album_id
    end,
    album_guessed = least(track.album_guessed, excluded.album_guessed)

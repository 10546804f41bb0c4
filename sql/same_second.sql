-- Plays of an import and what another source of the same person brought for the same second: another track of the same
-- artist, where one of the two has no album or one of its own name. Nothing is joined where there is no other source.
-- Names are looked up by index, one by one: statistics know nothing of an import that has just ended, and a join of the
-- names was planned for a single pair. With 50,000 pairs it took 14 s.
with
pair as (
    select
        listen.listened_at,
        track.artist_id,
        track.name as title,
        (select album.name from album where album.id = track.album_id) as album,
        other_track.name as other_title,
        (select album.name from album where album.id = other_track.album_id) as other_album,
        other.source_id as other_source
    from listen
    join listen as other
        on
            other.user_id = listen.user_id
            and other.listened_at = listen.listened_at
            and other.track_id <> listen.track_id
            and other.source_id <> listen.source_id
    join track on track.id = listen.track_id
    join track as other_track on other_track.id = other.track_id and other_track.artist_id = track.artist_id
    where
        listen.source_id = %(job)s
        and listen.user_id = (select source.user_id from source where source.id = %(job)s)
        and exists (
            select from source as mine
            join source as theirs on theirs.user_id = mine.user_id and theirs.id <> mine.id
            join source_count on source_count.source_id = theirs.id and source_count.inserted > 0
            where mine.id = %(job)s
        )
)

select
    pair.listened_at,
    (select artist.name from artist where artist.id = pair.artist_id) as artist,
    pair.title,
    pair.album,
    pair.other_title,
    pair.other_album,
    pair.other_source
from pair
where
    pair.album is null
    or pair.other_album is null
    or lower(pair.album) = lower(pair.title)
    or lower(pair.other_album) = lower(pair.other_title)
order by pair.listened_at, pair.title

-- What these tracks are: as they were written, or where `merged`, as the ones they stand for.
select
    uuid_send(wanted.id),
    track.id,
    array(
        select guest.id
        from track_guest
        join artist as written_guest on written_guest.id = track_guest.artist_id
        join artist as guest on guest.id = coalesce(case when %(merged)s then written_guest.same_as end, written_guest.id)
        where track_guest.track_id = track.id
        order by track_guest.position, track_guest.artist_id
    ),
    array(
        select guest.name
        from track_guest
        join artist as written_guest on written_guest.id = track_guest.artist_id
        join artist as guest on guest.id = coalesce(case when %(merged)s then written_guest.same_as end, written_guest.id)
        where track_guest.track_id = track.id
        order by track_guest.position, track_guest.artist_id
    ),
    artist.id,
    artist.name,
    track.name,
    album.id,
    album.name,
    owner.id,
    case when track.album_guessed = 0 or owner.id <> artist.id then owner.name end,
    track.duration_ms
from unnest(%(ids)s::uuid[]) as wanted (id)
join track as written on written.id = wanted.id
join track on track.id = coalesce(case when %(merged)s then written.same_as end, written.id)
join artist as written_artist on written_artist.id = track.artist_id
join artist on artist.id = coalesce(case when %(merged)s then written_artist.same_as end, written_artist.id)
left join album as written_album on written_album.id = track.album_id
left join album on album.id = coalesce(case when %(merged)s then written_album.same_as end, written_album.id)
left join artist as written_owner on written_owner.id = album.artist_id
left join artist as owner on owner.id = coalesce(case when %(merged)s then written_owner.same_as end, written_owner.id)

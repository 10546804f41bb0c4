-- Most played tracks of a person, or of everyone, merges applied; the same title on two albums is two tracks.
select
    track.name as track,
    artist.name as artist,
    album.name as album,
    sum(played.plays)::bigint as plays
from (
    select track_id, count(*) as plays
    from listen
    where (%(user)s::integer is null or user_id = %(user)s)
        and (%(since)s::timestamptz is null or listened_at >= %(since)s)
        and (%(until)s::timestamptz is null or listened_at < %(until)s)
    group by track_id
) as played
join track as written on written.id = played.track_id
join track on track.id = coalesce(written.same_as, written.id)
join artist as written_artist on written_artist.id = track.artist_id
join artist on artist.id = coalesce(written_artist.same_as, written_artist.id)
left join album as written_album on written_album.id = track.album_id
left join album on album.id = coalesce(written_album.same_as, written_album.id)
group by track.id, artist.id, album.id
order by plays desc, track.name, artist.name, album.name
limit %(limit)s

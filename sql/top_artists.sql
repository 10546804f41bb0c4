-- Most played artists of a person, or of everyone, merges applied.
select
    artist.name as artist,
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
group by artist.id
order by plays desc, artist.name
limit %(limit)s

-- The latest plays of a person.
select listened_at, artists, track, album
from play
where user_name = %(user)s and (%(since)s::timestamptz is null or listened_at >= %(since)s)
order by listened_at desc, track
limit %(limit)s

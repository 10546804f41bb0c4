-- All plays of a person, in the order of time; by the primary key, so that the first comes at once.
select extract(epoch from listened_at)::bigint, uuid_send(track_id), played_ms
from listen
where user_id = %(user)s
order by listened_at, track_id

-- The listens of a batch that are not stored yet, whatever it repeats of itself or of the past; how many per slot.
with chosen as materialized (
    select distinct on (user_id, listened_at, track_id) user_id, listened_at, track_id, source_id, played_ms, slot
    from staged_listen
    order by user_id, listened_at, track_id, slot
),

stored as (
    insert into listen (user_id, listened_at, track_id, source_id, played_ms)
    select user_id, listened_at, track_id, source_id, played_ms
    from chosen
    order by user_id, listened_at, track_id
    on conflict do nothing
    returning user_id, listened_at, track_id
)

select chosen.slot, count(*)
from stored
join chosen using (user_id, listened_at, track_id)
group by chosen.slot

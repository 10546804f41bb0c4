-- All listens of a batch without a repeat. The first repeat raises a unique violation: the fast way for most batches.
insert into listen (user_id, listened_at, track_id, source_id, played_ms)
select user_id, listened_at, track_id, source_id, played_ms
from staged_listen

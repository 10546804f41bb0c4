-- The plays of a dry run, in this session alone.
create temporary table rehearsed_listen (listened_at bigint, track_id uuid)

-- Where a batch waits, in this session alone, before any lock that others could miss is taken.
-- slot: which (partition, source) of the batch the row belongs to.
create temporary table staged_listen (
    user_id integer,
    listened_at timestamptz,
    track_id uuid,
    source_id integer,
    slot smallint,
    played_ms integer
) on commit delete rows

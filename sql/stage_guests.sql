-- Who else is credited on those tracks.
create temporary table staged_guest (
    track_id uuid,
    artist_id uuid,
    position smallint
) on commit delete rows

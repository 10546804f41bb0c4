-- Tracks of spellings that this worker has not seen before.
create temporary table if not exists staged_track (
    id uuid,
    name text collate "C",
    name_rank smallint,
    artist_id uuid,
    album_id uuid,
    album_guessed smallint,
    duration_ms integer
) on commit delete rows

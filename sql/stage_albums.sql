-- Albums of spellings that this worker has not seen before.
create temporary table if not exists staged_album (
    id uuid,
    name text collate "C",
    name_rank smallint,
    artist_id uuid
) on commit delete rows

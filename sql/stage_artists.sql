-- Artists of spellings that this worker has not seen before.
create temporary table if not exists staged_artist (
    id uuid,
    name text collate "C",
    name_rank smallint
) on commit delete rows

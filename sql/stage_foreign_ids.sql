-- What sources call them, of spellings that this worker has not seen before from that source.
create temporary table staged_foreign_id (
    entity_id uuid,
    kind text collate "C",
    value text collate "C",
    mapped boolean,
    source_id integer
) on commit delete rows

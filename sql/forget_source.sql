-- What a source said about foreign ids goes with its plays.
delete from foreign_id
where source_id = %s

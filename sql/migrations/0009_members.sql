-- Reports that tell what became of every file of an import.

alter table source
-- For each file of the export, in order: its name, whether it was read, and what is to be said of it.
add column members jsonb not null default '[]';

-- Plays that are at the same second as an earlier one, and names that are composed.

alter table source
-- How many plays of an import sql/same_second.sql finds that are the same; null while nobody has counted them.
add column same_second bigint;

-- Readers and consumers compose names from now on. A decomposed one sorts before it, and would be shown for ever.
update artist
set name = normalize(name, nfc)
where name is not nfc normalized;

update album
set name = normalize(name, nfc)
where name is not nfc normalized;

update track
set name = normalize(name, nfc)
where name is not nfc normalized;

-- The names of all migrations this database has.
select migration_id from _yoyo_migration

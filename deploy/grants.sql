-- The least that each task needs in the database: for roles called worker, importer and reader.
-- Create the roles and let them connect, then have the owner of the tables run this after `scrobbles migrate`, each time:
--     create role worker login password '…';     grant connect on database NAME to worker, importer, reader;
--     psql "$SCROBBLES_DATABASE_URL" -f grants.sql
-- `scrobbles jobs undo`, `dead replay`, `dead purge`, `offsets skip` and `offsets adopt` decide about what is stored: they
-- are the owner's.

-- `scrobbles consume`
grant usage on schema public to worker;
grant select on _yoyo_migration, source to worker;
grant select, insert, update on artist, album, track, track_guest to worker;
grant insert on foreign_id, repeated_listen to worker;
grant select, insert, update on listen, consumer_offset, source_count to worker;
grant select, insert on dead_letter to worker;

-- `scrobbles import` and `scrobbles jobs`
grant usage on schema public to importer;
grant select, insert, update on app_user, source to importer;
grant usage on sequence source_id_seq to importer;
grant select on import_report, source_count, consumer_offset, operator_decision, listen to importer;
-- The aliases that some exports bring.
grant select, insert, update on artist, album, track to importer;

-- `scrobbles top`, `recent`, `export`, `status`, `verify`, and every list
grant usage on schema public to reader;
grant select on all tables in schema public to reader;

-- Both collect rows in temporary tables.
do $$
begin
    execute format('grant temporary on database %I to worker, importer', current_database());
end
$$;

-- How many workers are connected to this database, wherever they run.
select count(*)
from pg_stat_activity
where application_name = 'scrobbles consume' and datname = current_database()

-- Imports that are in Kafka as a whole and not yet stored as a whole: job, file, and how many plays are missing.
select job, file, accepted - inserted - duplicate - dead as missing
from import_report
where state = 'waiting' and not incomplete and accepted > inserted + duplicate + dead
order by job

-- The report of one import.
select *
from import_report
where job = %s

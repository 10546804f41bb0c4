-- The report of one import.
select import_report.*, source.members
from import_report
join source on source.id = import_report.job
where import_report.job = %s

-- The reports of the last imports, the last one first.
select import_report.*, source.started_at as begun
from import_report
join source on source.id = import_report.job
where %(user)s::text is null or import_report."user" = %(user)s
order by import_report.job desc
limit %(limit)s

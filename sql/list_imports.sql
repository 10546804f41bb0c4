-- The reports of the last imports, the last one first.
select *
from import_report
where %(user)s::text is null or "user" = %(user)s
order by job desc
limit %(limit)s

-- The report of one import.
select
    import_report.*,
    source.members,
    case when source.state = 'undone' then 0 else coalesce(source.same_second, 0) end as same_second
from import_report
join source on source.id = import_report.job
where import_report.job = %s

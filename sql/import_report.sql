-- The report of an import, from the database alone. A dead letter that was sent again is dead no more: what became of
-- it then is counted with the others.
select
    source.id as job,
    app_user.name as "user",
    source.file_name as file,
    source.format,
    encode(source.sha256, 'hex') as sha256,
    source.state,
    source.rows_read as rows,
    source.accepted,
    source.skipped,
    coalesce(sum(source_count.inserted), 0)::bigint as inserted,
    coalesce(sum(source_count.duplicate), 0)::bigint as duplicate,
    coalesce(sum(source_count.dead - source_count.replayed), 0)::bigint as dead,
    extract(epoch from coalesce(source.finished_at, clock_timestamp()) - source.started_at)::float8 as seconds
from source
join app_user on app_user.id = source.user_id
left join source_count on source_count.source_id = source.id
where source.id = %s
group by source.id, app_user.name

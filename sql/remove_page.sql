-- Remove some plays of a person, counted in the sources that brought them; how many they were.
with page as materialized (
    select ctid as place
    from listen
    where user_id = %(user)s
    limit %(rows)s
    for update
),

removed as (
    delete from listen
    using page
    where listen.ctid = page.place
    returning listen.source_id
),

counted as (
    update source
    set removed = source.removed + by_source.listens
    from (select source_id, count(*) as listens from removed group by source_id) as by_source
    where source.id = by_source.source_id
)

select count(*) from removed

-- Take back what one source alone brought, in one page of a person's listens; give the rest of it to the source with the
-- lowest number that brought it too. Returns where the page ends and how many listens were looked at; counts in `source`.
-- Rows are found again by their place (ctid), which the lock keeps: joins by key, without statistics, take minutes.
with page as materialized (
    select ctid as place, listened_at, track_id, source_id
    from listen
    where user_id = %(user)s and (listened_at, track_id) > (%(listened_at)s, %(track)s)
    order by listened_at, track_id
    limit %(rows)s
    for update
),

shared as materialized (
    select page.place, page.source_id as owner_id, repeated.place as repeated_place, repeated.source_id
    from page
    cross join lateral (
        select ctid as place, source_id
        from repeated_listen
        where
            repeated_listen.user_id = %(user)s
            and repeated_listen.listened_at = page.listened_at
            and repeated_listen.track_id = page.track_id
        offset 0
    ) as repeated
),

heir as materialized (
    select place, min(source_id) as source_id
    from shared
    where owner_id = %(source)s and source_id <> %(source)s
    group by place
),

passed_on as (
    update listen
    set source_id = heir.source_id
    from heir
    where listen.ctid = heir.place
    returning 1
),

forgotten as (
    delete from repeated_listen
    using shared
    left join heir using (place)
    where repeated_listen.ctid = shared.repeated_place and shared.source_id in (heir.source_id, %(source)s)
),

removed as (
    delete from listen
    using page
    where
        listen.ctid = page.place
        and page.source_id = %(source)s
        and page.place not in (select heir.place from heir)
    returning 1
),

counted as (
    update source
    set
        removed = removed + (select count(*) from removed),
        passed_on = passed_on + (select count(*) from passed_on)
    where id = %(source)s
)

select listened_at, track_id, count(*) over () as looked_at
from page
order by listened_at desc, track_id desc
limit 1

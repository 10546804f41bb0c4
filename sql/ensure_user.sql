-- The id of a person, who is made where there is none of that name; and whether that was so.
with made as (
    insert into app_user (name) values (%(name)s)
    on conflict (name) do nothing
    returning id
)

select id, true from made
union all
select id, false from app_user where name = %(name)s

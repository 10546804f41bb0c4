-- The id of a person, who is made where there is none of that name.
with made as (
    insert into app_user (name) values (%(name)s)
    on conflict (name) do nothing
    returning id
)

select id from made
union all
select id from app_user where name = %(name)s

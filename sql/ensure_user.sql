-- The id of a person, who is made where there is none of that name. The update changes nothing: it returns the id also
-- where another transaction has made the person a moment ago, which `do nothing` would not.
insert into app_user (name) values (%(name)s)
on conflict (name) do update set name = excluded.name
returning id

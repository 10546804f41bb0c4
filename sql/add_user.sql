-- A new person; no row comes back where the name is taken.
insert into app_user (name) values (%s)
on conflict (name) do nothing
returning id

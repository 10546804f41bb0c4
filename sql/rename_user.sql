-- Give a person another name; no row comes back where there is none of the old one.
update app_user
set name = %(new)s
where name = %(old)s
returning id

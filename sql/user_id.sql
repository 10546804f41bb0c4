-- The id of a person.
select id from app_user where name = %s

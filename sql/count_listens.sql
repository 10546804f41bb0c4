-- How many listens a person has.
select count(*) from listen where user_id = %s

-- What the last checkpoint of a job has noted.
select rows_read, accepted, skipped, position, members
from source
where id = %s and kind = 'import'

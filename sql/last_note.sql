-- What the last checkpoint of a job has noted.
select rows_read, accepted, skipped, position
from source
where id = %s and kind = 'import'

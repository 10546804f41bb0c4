-- An import goes on. Some of its messages may be sent twice, so that their number tells no more whether all are stored.
update source
set state = 'reading', resumed = true, finished_at = null
where id = %s and state <> 'undone'

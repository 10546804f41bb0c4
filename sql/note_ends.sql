-- Where the import lane ended when all of an import was in it.
update source
set ends = %(ends)s
where id = %(id)s and state = 'waiting'

-- What became of the files of an import, as far as it has come. Nothing happens to one that was undone meanwhile.
update source
set members = %(members)s
where id = %(id)s and state <> 'undone'

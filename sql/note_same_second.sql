-- How many plays of an import are at the same second as an earlier one and differ from it by the album alone.
update source
set same_second = %(plays)s
where id = %(id)s and state <> 'undone'

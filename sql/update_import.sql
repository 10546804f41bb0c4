-- How far an import has come: counts and position belong together, for a later reading begins with both.
-- Nothing happens to one that was undone meanwhile.
update source
set
    state = %(state)s,
    rows_read = %(rows)s,
    accepted = %(accepted)s,
    skipped = %(skipped)s,
    position = %(position)s,
    finished_at = case when %(state)s <> 'reading' then clock_timestamp() end
where id = %(id)s and state <> 'undone'

-- How far an import has come; a state that ends it sets its end.
update source
set
    state = %(state)s,
    rows_read = %(rows)s,
    accepted = %(accepted)s,
    skipped = %(skipped)s,
    finished_at = case when %(state)s in ('done', 'failed', 'cancelled') then clock_timestamp() end
where id = %(id)s

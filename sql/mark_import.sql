-- The state of an import. One that ends has an end, one that is undone keeps it; and undone it stays.
update source
set
    state = %(state)s,
    finished_at = case
        when %(state)s in ('done', 'failed', 'cancelled') then clock_timestamp()
        when %(state)s = 'undone' then coalesce(finished_at, clock_timestamp())
    end
where id = %(id)s and (state <> 'undone' or %(state)s = 'undone')

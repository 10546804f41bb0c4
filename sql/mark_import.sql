-- The state of an import. One that ends has an end; one that is undone keeps it.
update source
set
    state = %(state)s,
    finished_at = case
        when %(state)s in ('done', 'failed', 'cancelled') then clock_timestamp()
        when %(state)s = 'undone' then finished_at
    end
where id = %(id)s

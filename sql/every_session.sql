-- Every session reads and writes alike, whatever the environment, a role or a database sets, and says if it can write.
-- No row comes, and nothing is set, unless it runs in the backend named.
-- A search_path that hides our tables, dates that the driver cannot read, times of another zone, and an isolation in which
-- a worker that has lost a partition gets an error instead of no row.
select
    pg_is_in_recovery(),
    current_setting('transaction_read_only')::boolean,
    set_config('search_path', 'public', false),
    set_config('datestyle', 'ISO, YMD', false),
    set_config('timezone', 'UTC', false),
    set_config('default_transaction_isolation', 'read committed', false)
where pg_backend_pid() = %s

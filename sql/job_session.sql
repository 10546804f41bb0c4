-- The session of a job. What it notes is on disk, and so is all that the workers committed before it.
-- One whose client is gone without a word gives its locks back within half a minute.
select
    set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), false),
    set_config('tcp_keepalives_idle', '10', false),
    set_config('tcp_keepalives_interval', '5', false),
    set_config('tcp_keepalives_count', '3', false),
    set_config('client_connection_check_interval', '10s', false)

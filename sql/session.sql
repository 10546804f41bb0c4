-- The session of a worker. Locks and idle transactions are bounded, so a frozen worker frees what it holds.
-- A commit does not wait for the disk: a crash loses plays and offsets together, and they are read again from Kafka; and
-- the note that an import is done, which does wait, takes everything before it along.
-- What a batch touches is found by index, row by row: temporary tables have no statistics, and for 15 new tracks the
-- planner would walk through all 100,000 known ones (measured: 39 ms a statement instead of 0.1). `offset 0` in the
-- entity statements serves the same end: it keeps their NOT EXISTS from becoming a join.
select
    set_config('synchronous_commit', 'off', false),
    set_config('jit', 'off', false),
    set_config('enable_seqscan', 'off', false),
    set_config('enable_mergejoin', 'off', false),
    set_config('random_page_cost', '1.1', false),
    set_config('max_parallel_workers_per_gather', '0', false),
    set_config('lock_timeout', '10s', false),
    set_config('statement_timeout', '60s', false),
    set_config('idle_in_transaction_session_timeout', '10s', false),
    set_config('client_connection_check_interval', '10s', false),
    set_config('tcp_user_timeout', '20s', false)

-- Whether this session got the lock of that name; it goes with the session.
select pg_try_advisory_lock(hashtextextended(%s, 0))

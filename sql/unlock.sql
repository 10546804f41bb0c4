-- Give a lock of this session back.
select pg_advisory_unlock(hashtextextended(%s, 0))

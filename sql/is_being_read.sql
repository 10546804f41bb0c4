-- A row where a session holds the lock of that name.
select 1
from pg_locks
where
    locktype = 'advisory'
    and ((classid::bigint << 32) | objid::bigint) = hashtextextended(%s, 0)
    and granted
limit 1

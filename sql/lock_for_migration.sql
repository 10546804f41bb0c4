-- One process changes the schema at a time; the lock goes with the session, however that ends.
select pg_advisory_lock(hashtextextended('scrobbles migrate', 0))

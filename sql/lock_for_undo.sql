-- Until the end of this transaction no worker notes repeats and no other undo takes a page. A statement of its own: the
-- page must be looked at after the lock was got.
select pg_advisory_xact_lock(hashtextextended('scrobbles undo', 0))

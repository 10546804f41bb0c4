-- Until the end of this transaction no undo takes a page: it would neither see the repeats that are noted here, nor could
-- a play that it removes be told from one that is stored. Workers do not keep each other out.
select pg_advisory_xact_lock_shared(hashtextextended('scrobbles undo', 0))

-- Listens and dead letters, from the ledger: counting the rows would take seconds.
select coalesce(sum(inserted), 0)::bigint, coalesce(sum(dead), 0)::bigint
from consumer_offset

-- Listens, and dead letters that are kept, from the ledger: counting the rows would take seconds.
select
    coalesce(sum(inserted), 0)::bigint - (select coalesce(sum(removed), 0)::bigint from source),
    coalesce(sum(dead - purged), 0)::bigint
from consumer_offset

-- The same by source. A row per partition: workers own different partitions, so none waits for another.
insert into source_count (source_id, partition, read, inserted, duplicate, dead)
select source_id, partition, sum(read), sum(inserted), sum(read - inserted - dead), sum(dead)
from unnest(%s::integer[], %s::integer[], %s::bigint[], %s::bigint[], %s::bigint[])
    as batch (source_id, partition, read, inserted, dead)
group by source_id, partition
order by source_id, partition
on conflict (source_id, partition) do update
set
    read = source_count.read + excluded.read,
    inserted = source_count.inserted + excluded.inserted,
    duplicate = source_count.duplicate + excluded.duplicate,
    dead = source_count.dead + excluded.dead

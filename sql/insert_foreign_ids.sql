-- Ids that a source has not stated before. Sorted, so that two workers never lock each other out.
insert into foreign_id (entity_id, kind, value, mapped, source_id)
select entity_id, kind, value, mapped, source_id
from staged_foreign_id
order by entity_id, kind, value, mapped, source_id
on conflict do nothing

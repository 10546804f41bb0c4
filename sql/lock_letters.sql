-- Letters that are to be sent again, in the order of the log. Nobody else sends them meanwhile: what another replay
-- holds is left to it, and what was sent already is left out; so is what belongs to an import that was undone, for its
-- plays would come back.
select id, topic, key, value, headers
from dead_letter
where
    id = any(%s)
    and replayed_at is null
    and not exists (select from source where source.id = dead_letter.source_id and source.state = 'undone')
order by topic, partition, "offset"
for update skip locked

-- Letters that are to be sent again, in the order of the log. Nobody else sends them meanwhile: what another replay
-- holds is left to it, and what was sent already is left out.
select id, topic, key, value, headers
from dead_letter
where id = any(%s) and replayed_at is null
order by topic, partition, "offset"
for update skip locked

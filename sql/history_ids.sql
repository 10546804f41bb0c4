-- Of each kind of id of these entities the one that most sources of a person state.
select distinct on (foreign_id.entity_id, foreign_id.mapped, foreign_id.kind)
    foreign_id.entity_id, foreign_id.mapped, foreign_id.kind, foreign_id.value
from foreign_id
join source on source.id = foreign_id.source_id
where foreign_id.entity_id = any(%(ids)s) and source.user_id = %(user)s
group by foreign_id.entity_id, foreign_id.mapped, foreign_id.kind, foreign_id.value
order by foreign_id.entity_id, foreign_id.mapped, foreign_id.kind, count(*) desc, foreign_id.value

-- The latest decisions of operators, newest first.
select decided_at, decided_by, verb, detail
from operator_decision
order by id desc
limit %s

-- How often an operator has passed messages that no consumer has seen, be it a gap or a topic that was recreated.
select count(*)::integer
from operator_decision
where verb in ('skip', 'adopt')

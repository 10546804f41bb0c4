-- How often an operator has passed messages that no consumer has seen, be it a gap or a topic that was made anew.
select count(*)::integer
from operator_decision
where verb in ('skip', 'adopt')

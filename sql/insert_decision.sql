-- Who decided what, in the transaction that does it.
insert into operator_decision (decided_by, verb, detail)
values (%s, %s, %s)

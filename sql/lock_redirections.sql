-- Whoever sets same_as comes alone: two at once could each make one step of what together is two.
select pg_advisory_xact_lock(hashtext('scrobbles same_as'))

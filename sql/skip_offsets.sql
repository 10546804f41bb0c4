-- Moves a partition by an operator's decision, only where no worker has moved it since it was looked at. What lies
-- between counts as skipped; of a log that lost its tail it is negative, for those offsets come a second time.
update consumer_offset
set next_offset = %(to)s, skipped = skipped + %(to)s - next_offset, updated_at = now()
where topic_id = %(topic_id)s and partition = %(partition)s and next_offset = %(from)s

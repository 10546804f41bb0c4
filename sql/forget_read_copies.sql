-- Copies of dead letters that the workers have passed are no longer waited for.
delete from letter_copy
using consumer_offset
where
    consumer_offset.topic_id = letter_copy.topic_id
    and consumer_offset.partition = letter_copy.partition
    and consumer_offset.next_offset > letter_copy."offset"

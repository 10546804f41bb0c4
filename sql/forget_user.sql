-- Remove a person whose plays are removed, with all that their sources told. Partitions are locked in the order of the
-- workers.
with nobodys as (
    update source
    set
        user_id = null,
        state = 'undone',
        file_name = null,
        path = null,
        sha256 = null,
        options = '{}',
        members = '[]',
        position = null,
        finished_at = coalesce(finished_at, clock_timestamp())
    where user_id = %(user)s
    returning id
),

ids as (
    delete from foreign_id
    using nobodys
    where foreign_id.source_id = nobodys.id
),

copies as (
    delete from letter_copy
    using nobodys
    where letter_copy.source_id = nobodys.id
),

letters as (
    delete from dead_letter
    using nobodys
    where dead_letter.source_id = nobodys.id
    returning dead_letter.topic_id, dead_letter.partition
),

locked as (
    select consumer_offset.topic_id, consumer_offset.partition, gone.letters
    from consumer_offset
    join (select topic_id, partition, count(*) as letters from letters group by topic_id, partition) as gone
        using (topic_id, partition)
    order by consumer_offset.topic_id, consumer_offset.partition
    for update of consumer_offset
),

purged as (
    update consumer_offset
    set purged = consumer_offset.purged + locked.letters
    from locked
    where consumer_offset.topic_id = locked.topic_id and consumer_offset.partition = locked.partition
),

repeats as (
    delete from repeated_listen
    where user_id = %(user)s
)

delete from app_user
where id = %(user)s

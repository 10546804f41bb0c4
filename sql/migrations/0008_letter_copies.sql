-- Dead letters that were sent again and that no worker has read yet.

-- Where the broker has put each copy. Until the workers have passed that place the copy is neither read nor lost, and its
-- letter still stands for the message: so `replayed` of its source counts it too early. A table of its own, for the
-- letter may be deleted meanwhile.
create table letter_copy (
    topic_id uuid not null,
    partition integer not null,
    "offset" bigint not null,
    source_id integer not null,
    primary key (topic_id, partition, "offset")
);

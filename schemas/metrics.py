"""The names of all metrics, in base units, no user and no track as a label. Dashboards and alerts use only these."""

# Gauge, labels topic and partition: messages in Kafka that are not stored yet, of the partitions this worker has.
LAG_MESSAGES = "scrobble_consumer_lag_messages"
# Gauge, labels topic and partition: seconds since the broker got the last message that is stored; 0 without a lag.
LAG_SECONDS = "scrobble_consumer_lag_seconds"
# Gauge: how many partitions this worker has.
ASSIGNED_PARTITIONS = "scrobble_assigned_partitions"
# Counter: times the group gave it some.
REBALANCES = "scrobble_rebalances_total"
# Counter; label outcome: inserted, duplicate, dead.
SINK_ROWS = "scrobble_sink_rows_total"
# Histogram, rows of one transaction: of a batch, or of a part of it where the database refused a row.
SINK_BATCH_ROWS = "scrobble_sink_batch_rows"
# Histogram, seconds from the moment a worker got the first message of a batch until all of it was stored.
SINK_BATCH_AGE = "scrobble_sink_batch_age_seconds"
# Counter; label reason: why no more was taken into a batch: rows, bytes, time, or lull when nothing came for a while.
SINK_FLUSH_REASONS = "scrobble_sink_flush_reason_total"
# Histogram, seconds from the first COPY to the COMMIT of one batch.
SINK_FLUSH_SECONDS = "scrobble_sink_flush_seconds"
# Counter; each time a worker could not store and waited.
SINK_WAITS = "scrobble_sink_waits_total"
# Counter; label reason: those of consumers/listens/deadletter.py.
DEAD_LETTERS = "scrobble_dlq_messages_total"
# Gauge: dead letters in the database that nobody has sent again or deleted. Each worker tells the same: take the max.
DEAD_LETTERS_WAITING = "scrobble_dlq_depth_messages"
# Gauge, always 1; label version.
BUILD_INFO = "scrobble_build_info"

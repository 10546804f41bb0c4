"""The names of all metrics, in base units, no user and no track as a label. Dashboards and alerts use only these."""

# Counter; label outcome: inserted, duplicate, dead.
SINK_ROWS = "scrobble_sink_rows_total"
# Histogram, rows of one batch.
SINK_BATCH_ROWS = "scrobble_sink_batch_rows"
# Histogram, seconds from the first COPY to the COMMIT of one batch.
SINK_FLUSH_SECONDS = "scrobble_sink_flush_seconds"
# Counter; each time a worker could not store and waited.
SINK_WAITS = "scrobble_sink_waits_total"

-- SQLite, Maloja's database: the next scrobbles behind a time, in the order of their times, which are all different.
SELECT timestamp, track_id, duration
FROM scrobbles
WHERE timestamp > ?
ORDER BY timestamp
LIMIT ?

-- SQLite, Maloja's database: who is credited on the tracks whose ids a JSON array lists, as Maloja stored them.
SELECT trackartists.track_id, artists.name
FROM trackartists
JOIN artists ON artists.id = trackartists.artist_id
WHERE trackartists.track_id IN (SELECT value FROM json_each(?))
ORDER BY trackartists.rowid

-- SQLite, Maloja's database: who made the albums whose ids a JSON array lists, as Maloja stored them.
SELECT albumartists.album_id, artists.name
FROM albumartists
JOIN artists ON artists.id = albumartists.artist_id
WHERE albumartists.album_id IN (SELECT value FROM json_each(?))
ORDER BY albumartists.rowid

-- SQLite, Maloja's database: the tracks whose ids a JSON array lists, each with its album or NULL.
SELECT tracks.id, tracks.title, tracks.length, albums.id, albums.albtitle
FROM tracks
LEFT JOIN albums ON albums.id = tracks.album_id
WHERE tracks.id IN (SELECT value FROM json_each(?))

-- SQLite, Maloja's database before 3.2, which knew no albums: the tracks whose ids a JSON array lists.
SELECT id, title, length, NULL, NULL
FROM tracks
WHERE id IN (SELECT value FROM json_each(?))

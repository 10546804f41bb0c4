-- SQLite, Maloja's database: how many scrobbles there are, to tell how far their reading is.
SELECT count(*)
FROM scrobbles

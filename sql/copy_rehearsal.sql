-- Plays of a dry run, as text.
copy rehearsed_listen (listened_at, track_id) from stdin

-- Which entities stand for others: few among many, and asked for whenever an alias is stored.

create index artist_same_as on artist (same_as) where same_as is not null;

create index album_same_as on album (same_as) where same_as is not null;

create index track_same_as on track (same_as) where same_as is not null;

-- The other names of these entities and of those that they stand for, and whatever entities both names lead to.
select 'artist', array[written.name], array[named.name], written.same_as, array[written.id, named.id]
from artist as written
join artist as named on named.id = written.same_as
where
    written.id = any(%(ids)s)
    or written.same_as = any(%(ids)s)
    or written.same_as in (select same_as from artist where id = any(%(ids)s))

union all

select
    'album',
    array[owner.name, written.name],
    array[named_owner.name, named.name],
    written.same_as,
    array[written.id, owner.id, named.id, named_owner.id]
from album as written
join artist as owner on owner.id = written.artist_id
join album as named on named.id = written.same_as
join artist as named_owner on named_owner.id = named.artist_id
where
    written.id = any(%(ids)s)
    or written.same_as = any(%(ids)s)
    or written.same_as in (select same_as from album where id = any(%(ids)s))

union all

select
    'track',
    array[
        artist.name, written.name, coalesce(album.name, ''),
        coalesce(case when written.album_guessed = 0 then owner.name end, '')
    ],
    array[
        named_artist.name, named.name, coalesce(named_album.name, ''),
        coalesce(case when named.album_guessed = 0 then named_owner.name end, '')
    ],
    written.same_as,
    array_remove(
        array[
            written.id, artist.id, album.id, owner.id,
            named.id, named_artist.id, named_album.id, named_owner.id
        ],
        null
    )
from track as written
join artist on artist.id = written.artist_id
left join album on album.id = written.album_id
left join artist as owner on owner.id = album.artist_id
join track as named on named.id = written.same_as
join artist as named_artist on named_artist.id = named.artist_id
left join album as named_album on named_album.id = named.album_id
left join artist as named_owner on named_owner.id = named_album.artist_id
where
    written.id = any(%(ids)s)
    or written.same_as = any(%(ids)s)
    or written.same_as in (select same_as from track where id = any(%(ids)s))

order by 1, 2

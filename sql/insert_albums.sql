-- New albums, and better spellings of known ones; after the artists they name. Sorted, as artists are.
insert into album (id, artist_id, name, name_rank)
select staged.id, staged.artist_id, staged.name, staged.name_rank
from staged_album as staged
where not exists (
    select from album as known
    where known.id = staged.id and (known.name_rank, known.name) <= (staged.name_rank, staged.name)
    offset 0
)
order by staged.id
on conflict (id) do update
set name = excluded.name, name_rank = excluded.name_rank
where (excluded.name_rank, excluded.name) < (album.name_rank, album.name)

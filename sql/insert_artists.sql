-- New artists, and better spellings of known ones. Sorted, so that two workers never lock each other out; the rule for
-- a better spelling depends on no order of arrival.
insert into artist (id, name, name_rank)
select staged.id, staged.name, staged.name_rank
from staged_artist as staged
where not exists (
    select from artist as known
    where known.id = staged.id and (known.name_rank, known.name) <= (staged.name_rank, staged.name)
    offset 0
)
order by staged.id
on conflict (id) do update
set name = excluded.name, name_rank = excluded.name_rank
where (excluded.name_rank, excluded.name) < (artist.name_rank, artist.name)

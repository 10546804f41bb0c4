-- Who stands for whom now, of these entities and of all that point at them. An id tells which kind it is of.
select id, same_as from artist where id = any(%(ids)s) or same_as = any(%(ids)s)
union all
select id, same_as from album where id = any(%(ids)s) or same_as = any(%(ids)s)
union all
select id, same_as from track where id = any(%(ids)s) or same_as = any(%(ids)s)

-- From now on another album stands for this one.
update album set same_as = %(same_as)s where id = %(id)s

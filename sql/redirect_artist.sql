-- From now on another artist stands for this one.
update artist set same_as = %(same_as)s where id = %(id)s

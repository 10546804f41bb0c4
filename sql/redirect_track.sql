-- From now on another track stands for this one.
update track set same_as = %(same_as)s where id = %(id)s

-- A new import job: there from its first second, so that a crash leaves a trace. Its number was drawn before, so that a
-- second attempt after a lost answer finds it there.
insert into source (id, user_id, kind, label, format, file_name, path, sha256, options, members, state)
overriding system value
values (
    %(id)s, %(user)s, 'import', %(label)s, %(format)s, %(file_name)s, %(path)s, %(sha256)s, %(options)s, %(members)s, 'reading'
)
on conflict (id) do nothing

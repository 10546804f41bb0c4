-- A new import job: there from its first second, so that a crash leaves a trace.
insert into source (user_id, kind, label, format, file_name, path, sha256, options, state)
values (
    %(user)s, 'import', %(label)s, %(format)s, %(file_name)s, %(path)s, %(sha256)s, %(options)s, 'reading'
)
returning id

-- A new import job: there from its first second, so that a crash leaves a trace.
insert into source (user_id, kind, label, format, file_name, sha256, state)
values (%s, 'import', %s, %s, %s, %s, 'reading')
returning id

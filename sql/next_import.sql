-- The number of an import to be begun.
select nextval(pg_get_serial_sequence('source', 'id'))

-- The table in which yoyo keeps what it applied; null in an empty database.
select to_regclass('public._yoyo_migration')

-- The table in which yoyo keeps what it applied; null in an empty database.
select to_regclass('_yoyo_migration')

"""Brings the schema of a database to what this version needs.

yoyo applies the plain SQL files in `migrations/`, each in a transaction, under a lock. It is small, takes SQL as it is
and speaks psycopg 3; alembic would bring SQLAlchemy for the same files. It is loaded only here: a worker merely
compares names.
"""

from contextlib import closing
from importlib.resources import as_file, files

import psycopg
from psycopg.conninfo import conninfo_to_dict

import sql
from schemas.errors import ConfigurationFault
from sql.connection import connect, fault_of


def migrate(database_url: str) -> list[str]:
    """Apply what is missing, in order, and return the names of what was applied; safe to run from many processes.

    Raises ConfigurationFault where the database is newer than this program.
    """
    from yoyo import read_migrations  # noqa: PLC0415 - 30 ms that only this verb needs
    from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend  # noqa: PLC0415
    from yoyo.connections import DatabaseURI  # noqa: PLC0415

    with connect(database_url) as connection:
        pending(connection)
    parts = {key: str(value) for key, value in conninfo_to_dict(database_url).items() if value is not None}
    uri = DatabaseURI(
        scheme="postgresql+psycopg",
        username=parts.pop("user", None),
        password=parts.pop("password", None),
        hostname=parts.pop("host", None),
        port=int(parts.pop("port", 5432)),
        database=parts.pop("dbname", ""),
        args=parts,
    )
    try:
        backend = PostgresqlPsycopgBackend(uri, "_yoyo_migration")
        with closing(backend.connection), as_file(files("sql") / "migrations") as folder:
            backend.init_database()
            with backend.lock():
                wanted = backend.to_apply(read_migrations(str(folder)))
                names = [migration.id for migration in wanted]
                backend.apply_migrations(wanted)
    except psycopg.Error as error:
        raise fault_of(error, database_url) from error
    return names


def pending(connection: psycopg.Connection) -> list[str]:
    """The names of migrations that this database still lacks. Raises ConfigurationFault where it has unknown ones."""
    known = sorted(path.name.removesuffix(".sql") for path in (files("sql") / "migrations").iterdir())
    (table,) = connection.execute(sql.read("migration_table")).fetchone() or (None,)
    applied = {name for (name,) in connection.execute(sql.read("applied_migrations"))} if table else set()
    newer = sorted(applied - set(known))
    if newer:
        raise ConfigurationFault(
            f"the database is newer than this program: it has the migration {newer[-1]}",
            "update scrobble-stream on this machine",
            "schema_wrong",
        )
    return [name for name in known if name not in applied]


def require_head(connection: psycopg.Connection) -> None:
    """Raise ConfigurationFault unless the schema is exactly the one this version needs."""
    missing = pending(connection)
    if missing:
        raise ConfigurationFault(
            f"the database lacks the migration {missing[0]}", "run `scrobbles migrate`", "schema_wrong"
        )

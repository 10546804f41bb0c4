"""Brings the schema of a database to what this version needs.

yoyo applies the plain SQL files in `migrations/`, each in a transaction, under a lock. It is small, takes SQL as it is
and speaks psycopg 3; alembic would bring SQLAlchemy for the same files. It is loaded only here: a worker merely
compares names.
"""

from importlib.resources import as_file, files

import psycopg

import sql
from schemas.errors import AccessDenied, ConfigurationFault
from sql.connection import connect, fault_of


def migrate(database_url: str) -> list[str]:
    """Apply what is missing, in order, and return the names of what was applied; safe to run from many processes.

    A schema at head needs no right to write. Raises AccessDenied where a right is missing, and ConfigurationFault where
    the database is read-only or newer than this program.
    """
    try:
        with connect(database_url) as connection:
            missing = pending(connection)
        return _apply(database_url) if missing else []
    except psycopg.Error as error:
        fault = fault_of(error, database_url)
        if isinstance(fault, AccessDenied):
            fault.hint = "run `scrobbles migrate` as the role that owns the tables and may create more of them"
        raise fault from error


def _apply(database_url: str) -> list[str]:
    from yoyo import read_migrations  # noqa: PLC0415 - 30 ms that only this verb needs

    from sql.one_session import OneSession  # noqa: PLC0415

    with OneSession(database_url) as session, as_file(files("sql") / "migrations") as folder, session.lock():
        wanted = session.to_apply(read_migrations(str(folder)))
        session.apply_migrations(wanted)
        return [migration.id for migration in wanted]


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

"""People get another name, or are removed with all their plays."""

import psycopg

import sql
from producers.jobs.database import Database
from producers.jobs.following import await_consumers
from producers.jobs.progress import Step, Watch
from schemas.errors import UsageFault
from schemas.person import nobody
from schemas.settings import Settings

# A page takes 50 ms.
_PAGE_ROWS = 10_000


def rename(connection: psycopg.Connection, old: str, new: str) -> None:
    """Call a person something else; plays, imports and their reports follow. Raises UsageFault."""
    try:
        found = connection.execute(sql.read("rename_user"), {"old": old, "new": new}).fetchone()
    except psycopg.errors.UniqueViolation as error:
        raise UsageFault(f"there is already a person called {new}") from error
    if found is None:
        raise nobody(old)


def plays_of(connection: psycopg.Connection, name: str) -> int:
    """How many plays of a person are stored. Raises UsageFault."""
    return _stored_of(connection, name)[1]


def remove(database: Database, settings: Settings, name: str, watch: Watch) -> int:
    """Remove a person with all plays, imports and dead letters; the number of plays. Raises UsageFault.

    First every import of theirs has ended and what Kafka holds is stored, so that nothing comes after. Should a message
    of theirs be read later all the same, as from a log that is read again, it is a dead letter (unknown_source). The
    ledger keeps the numbers. One transaction per page: a removal that was interrupted is finished by the next one.
    """
    user, listens, contents = database.run(lambda connection: _stored_of(connection, name))
    for content in contents:
        database.lock(f"{name} {content}")
    await_consumers(database, settings, watch)
    removed = 0
    while rows := database.run(lambda connection: _remove_page(connection, user)):
        removed += rows
        watch(Step("removing", removed, listens, min(removed / max(listens, 1), 1)))
    database.run(lambda connection: connection.execute(sql.read("forget_user"), {"user": user}))
    return removed


def _remove_page(connection: psycopg.Connection, user: int) -> int:
    (rows,) = connection.execute(sql.read("remove_page"), {"user": user, "rows": _PAGE_ROWS}).fetchone() or (0,)
    return int(rows)


def _stored_of(connection: psycopg.Connection, name: str) -> tuple[int, int, list[str]]:
    """Id, number of plays, and the content of each import."""
    found = connection.execute(sql.read("user_to_remove"), (name,)).fetchone()
    if found is None:
        raise nobody(name)
    user, listens, contents = found
    return user, listens, contents

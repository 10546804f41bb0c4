"""Take an import back: exactly the plays that it alone brought."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import psycopg

import sql
from producers.jobs.database import Database
from producers.jobs.following import await_consumers
from producers.jobs.job import Job, Report
from producers.jobs.progress import Step, Watch
from schemas.errors import UsageFault
from schemas.settings import Settings

# A page takes 50 ms and locks the plays it changes no longer than that.
_PAGE_ROWS = 10_000
_BEGINNING = {"listened_at": datetime(1, 1, 1, tzinfo=UTC), "track": UUID(int=0)}


def undo_import(database: Database, settings: Settings, job: int, watch: Watch) -> Report:
    """Remove the plays that only this import brought; one that another source brought too passes to that source.

    First everything of the import that is in Kafka is stored, so that nothing of it comes after. One transaction per
    page: an undo that was interrupted is finished by the next one. Raises UsageFault for a job that does not exist.
    """
    found = database.run(lambda connection: connection.execute(sql.read("import_to_undo"), (job,)).fetchone())
    if found is None:
        raise UsageFault(f"there is no job {job}", "`scrobbles jobs list` shows all")
    user, name, sha256 = found
    undone = Job(database, job)
    database.lock(f"{name} {sha256}")
    await_consumers(database, settings, watch)
    # Not before: the import may still have been at work.
    counted = database.run(lambda connection: connection.execute(sql.read("count_listens"), (user,)).fetchone())
    (listens,) = counted or (0,)
    looked_at = 0
    values = {"user": user, "source": job, "rows": _PAGE_ROWS, **_BEGINNING}
    while page := database.run(lambda connection: _undo_page(connection, values)):
        values["listened_at"], values["track"], rows = page
        looked_at += rows
        watch(Step("undoing", looked_at, listens, min(looked_at / max(listens, 1), 1)))
    database.run(lambda connection: connection.execute(sql.read("forget_source"), (job,)))
    undone.mark("undone")
    return undone.report()


def _undo_page(connection: psycopg.Connection, values: Mapping[str, object]) -> tuple[datetime, UUID, int] | None:
    with connection.transaction():
        connection.execute(sql.read("lock_for_undo"))
        return connection.execute(sql.read("undo_page"), values).fetchone()

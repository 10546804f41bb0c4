"""A database connection for jobs, which take longer than a restart of the database."""

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

import sql
from producers.jobs.progress import Step, Watch
from schemas.errors import DependencyGone, Fault
from sql.connection import connect, fault_of, meaning_of

# Seconds without the database after which a job gives up; it can be resumed.
PATIENCE_SECONDS = 120.0
_LONGEST_PAUSE = 2.0
_LOCK_PAUSE = 0.2
_LOCKED = "another process is at this file right now: waiting for its end"

T = TypeVar("T")


class TakenOver(DependencyGone):
    """Somebody else goes on with this job: nothing more may be written to it."""


class Database:
    """One connection, opened again when it breaks."""

    def __init__(self, url: str, watch: Watch) -> None:
        """Connect. Raises the Faults of sql.connection.connect."""
        self._url = url
        self._watch = watch
        self._locks: list[str] = []
        self.connection = self._connected()

    def close(self) -> None:
        """End the session, and give back its locks."""
        self.connection.close()

    def run(self, work: Callable[[psycopg.Connection], T]) -> T:
        """What `work` returns. It is called again after an outage, so doing it twice must be doing it once.

        Raises DependencyGone when the outage lasts, and the Fault of any other error.
        """
        while True:
            try:
                return work(self.connection)
            except psycopg.Error as error:
                meaning = meaning_of(error)
                if meaning not in ("gone", "again"):
                    raise fault_of(error, self._url) from error
                if meaning == "gone":
                    self._reconnect(fault_of(error, self._url))

    def lock(self, name: str) -> None:
        """Hold a lock of that name until `close`, whoever else wants it; waits for it, and tells the watch so."""
        while not self._got(name):
            self._watch(Step("reading", 0, trouble=_LOCKED))
            time.sleep(_LOCK_PAUSE)
        self._locks.append(name)

    def _got(self, name: str) -> bool:
        (taken,) = self.run(lambda connection: connection.execute(sql.read("lock"), (name,)).fetchone() or (False,))
        return bool(taken)

    def _reconnect(self, fault: Fault) -> None:
        self.connection.close()
        deadline, pause = time.monotonic() + PATIENCE_SECONDS, 0.1
        while True:
            self._watch(Step("storing", 0, trouble=f"{fault.message}: trying again"))
            time.sleep(pause)
            try:
                self.connection = self._connected()
                break
            except DependencyGone as gone:
                fault, pause = gone, min(2 * pause, _LONGEST_PAUSE)
                if time.monotonic() > deadline:
                    raise
        # The server may not have noticed yet that the session which held the locks is gone.
        while not all(self._got(name) for name in self._locks):
            time.sleep(_LOCK_PAUSE)
            if time.monotonic() > deadline:
                raise TakenOver("another process has taken this job over while the database was away")

    def _connected(self) -> psycopg.Connection:
        connection = connect(self._url, writing=True)
        try:
            connection.execute(sql.read("job_session"))
        except psycopg.Error as error:
            raise fault_of(error, self._url) from error
        return connection

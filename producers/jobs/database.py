"""A database connection for jobs, which take longer than a restart of the database."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg

import sql
from producers.jobs.progress import Step, Watch
from schemas.errors import DependencyGone, Fault
from sql.connection import connect, fault_of, meaning_of

# Seconds without the database after which a job gives up; it can be resumed.
PATIENCE_SECONDS = 120.0
_LONGEST_PAUSE = 2.0

T = TypeVar("T")


class Database:
    """One connection, made anew when it breaks."""

    def __init__(self, url: str, watch: Watch) -> None:
        """Connect. Raises the Faults of sql.connection.connect."""
        self._url = url
        self._watch = watch
        self._locks: list[str] = []
        self.connection = connect(url)

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

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Hold a lock of that name, whoever else wants it; waits for it, and tells the watch so."""
        told = False
        while not self._lock(name):
            if not told:
                self._watch(
                    Step("reading", 0, trouble="the same file is being imported right now: waiting for its end")
                )
                told = True
            time.sleep(0.2)
        self._locks.append(name)
        try:
            yield
        finally:
            self._locks.remove(name)
            if not self.connection.closed:
                self.connection.execute(sql.read("unlock"), (name,))

    def _lock(self, name: str) -> bool:
        (taken,) = self.run(lambda connection: connection.execute(sql.read("lock"), (name,)).fetchone() or (False,))
        return bool(taken)

    def _reconnect(self, fault: Fault) -> None:
        self.connection.close()
        deadline, pause = time.monotonic() + PATIENCE_SECONDS, 0.1
        while True:
            self._watch(Step("storing", 0, trouble=f"{fault.message}: trying again"))
            time.sleep(pause)
            try:
                self.connection = connect(self._url)
                break
            except DependencyGone as gone:
                fault, pause = gone, min(2 * pause, _LONGEST_PAUSE)
                if time.monotonic() > deadline:
                    raise
        for name in self._locks:
            if not self._lock(name):
                raise DependencyGone("another process has taken this job over while the database was away")

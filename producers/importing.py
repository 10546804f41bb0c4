"""An import: one export, read, sent, and followed until the consumers have stored it.

The job is a row in `source` from its first second. Its report is read back from the database, so it tells what is
stored and not what was hoped: rows = accepted + skipped, and once stored accepted = inserted + duplicate + dead.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import msgspec
import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

import sql
from producers.aliases import store_aliases
from producers.exports.alias import Alias
from producers.exports.reading import open_export
from producers.fingerprint import fingerprint
from producers.publish import Publisher
from schemas.errors import DependencyGone, Fault, UsageFault
from schemas.listen import Listen, Skipped
from schemas.settings import Settings
from schemas.topics import lane_topic

State: TypeAlias = Literal["reading", "waiting", "done", "failed", "cancelled", "undone"]

_ROWS_PER_STEP = 1_000
# Seconds between two notes of the progress in the database.
_NOTE_SECONDS = 1.0
# Without one acknowledgement for so long, the broker is taken for gone.
_PATIENCE_SECONDS = 30.0
# Seconds between two looks at how much is stored; a look costs the database 0.2 ms.
_LOOK_SECONDS = 0.03


class Report(msgspec.Struct):
    """What became of every row of an export. `seconds` from start to end, `sha256` in hex."""

    job: int
    user: str
    file: str
    format: str
    sha256: str
    state: State
    rows: int
    accepted: int
    skipped: dict[str, int]
    inserted: int
    duplicate: int
    dead: int
    seconds: float


class Step(NamedTuple):
    """How far a job is: rows read and accepted, or messages stored of those accepted."""

    phase: Literal["reading", "storing"]
    done: int
    total: int | None


Watch: TypeAlias = Callable[[Step], None]


class Job:
    """One import. Any psycopg.Error may be raised by any method."""

    def __init__(self, connection: psycopg.Connection, job: int) -> None:
        self.id = job
        self._connection = connection
        self._rows = 0
        self._accepted = 0
        self._skipped: Counter[str] = Counter()

    @classmethod
    def begin(cls, connection: psycopg.Connection, user: str, name: str, format_: str, sha256: bytes) -> "Job":
        """A new job, on record; the person is made where there is none of that name."""
        with connection.transaction():
            (person,) = connection.execute(sql.read("ensure_user"), {"name": user}).fetchone() or (0,)
            values = (person, f"{format_} import", format_, name, sha256)
            (job,) = connection.execute(sql.read("start_import"), values).fetchone() or (0,)
        return cls(connection, job)

    def send(self, rows: Iterable[Listen | Skipped], aliases: set[Alias], publisher: Publisher, watch: Watch) -> None:
        """Send every listen, count what is skipped, and wait until all is acknowledged.

        Other names that the reading adds to `aliases` are stored and taken from it. Whatever ends it early (a fault in
        the file, a broker that is gone, Ctrl-C) leaves the job failed or cancelled, with the counts of what was sent
        until then.
        """
        state: State = "failed"
        try:
            try:
                self._send(rows, aliases, publisher, watch)
            finally:
                # Also what came before a fault in the file is on its way, and is counted.
                self._flush(publisher)
            state = "waiting"
        except KeyboardInterrupt:
            state = "cancelled"
            raise
        finally:
            self._checkpoint(aliases, state)

    def _send(self, rows: Iterable[Listen | Skipped], aliases: set[Alias], publisher: Publisher, watch: Watch) -> None:
        noted = time.monotonic()
        for row in rows:
            self._rows += 1
            if isinstance(row, Listen):
                publisher.send(row)
                self._accepted += 1
            else:
                self._skipped[row.reason] += 1
            if self._rows % _ROWS_PER_STEP == 0:
                watch(Step("reading", self._rows, None))
                if time.monotonic() - noted > _NOTE_SECONDS:
                    self._checkpoint(aliases, "reading")
                    noted = time.monotonic()

    def _checkpoint(self, aliases: set[Alias], state: State) -> None:
        store_aliases(self._connection, aliases)
        aliases.clear()
        self._note(state)

    def _flush(self, publisher: Publisher) -> None:
        before = publisher.acknowledged
        while not publisher.flush(_PATIENCE_SECONDS):
            if publisher.acknowledged == before:
                self._accepted = before
                raise DependencyGone(f"Kafka has acknowledged nothing for {_PATIENCE_SECONDS:.0f} seconds")
            before = publisher.acknowledged

    def wait(self, watch: Watch) -> None:
        """Return when the consumers have dealt with every message of this job."""
        while True:
            (stored,) = self._connection.execute(sql.read("stored_of_source"), (self.id,)).fetchone() or (0,)
            watch(Step("storing", stored, self._accepted))
            if stored >= self._accepted:
                break
            time.sleep(_LOOK_SECONDS)

    def finish(self) -> None:
        """Everything that was sent is stored."""
        self._note("done")

    def _note(self, state: State) -> None:
        values = {
            "id": self.id,
            "state": state,
            "rows": self._rows,
            "accepted": self._accepted,
            "skipped": Jsonb(dict(sorted(self._skipped.items()))),
        }
        self._connection.execute(sql.read("update_import"), values)


class Order(NamedTuple):
    """What is to be imported for whom. `name` is what the person calls the export."""

    path: Path
    name: str
    user: str
    format: str | None = None
    force: bool = False
    wait: bool = True


class Imported(NamedTuple):
    """The report; what ended the reading early, if anything; and whether the file was known and not read again."""

    report: Report
    fault: Fault | None = None
    known: bool = False


def import_export(connection: psycopg.Connection, settings: Settings, order: Order, watch: Watch) -> Imported:
    """Import one export. Raises the Fault of one that cannot be begun; then no job is on record."""
    try:
        sha256 = fingerprint(order.path)
    except OSError as error:
        raise UsageFault(f"{order.name} cannot be read: {error.strerror}") from error
    before = None if order.force else _earlier_import(connection, order.user, sha256)
    if before is not None:
        return Imported(report_of(connection, before), known=True)
    fault = None
    aliases: set[Alias] = set()
    with open_export(order.path, order.format, aliases=aliases) as export:
        job = Job.begin(connection, order.user, order.name, export.format, sha256)
        publisher = Publisher(settings, lane_topic(settings.topic_prefix, "import").name, job.id)
        try:
            job.send(export.rows, aliases, publisher, watch)
        except Fault as broken:
            fault = broken
    if order.wait and not isinstance(fault, DependencyGone):
        job.wait(watch)
        if fault is None:
            job.finish()
    return Imported(report_of(connection, job.id), fault)


def report_of(connection: psycopg.Connection, job: int) -> Report:
    """The report of a job as the database knows it."""
    found = connection.cursor(row_factory=class_row(Report)).execute(sql.read("import_report"), (job,)).fetchone()
    if found is None:
        raise LookupError(f"there is no job {job}")
    return found


def _earlier_import(connection: psycopg.Connection, user: str, sha256: bytes) -> int | None:
    """The job that has already imported a file with this content for this person."""
    found = connection.execute(sql.read("same_file"), (user, sha256)).fetchone()
    return None if found is None else int(found[0])

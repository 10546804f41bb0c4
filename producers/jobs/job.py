"""One import job: its row in `source`, which survives any crash, and the report that is read back from it."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from typing import Literal, TypeAlias

import msgspec
import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

import sql
from producers.aliases import store_aliases
from producers.exports import Alias, Entry, Position
from producers.jobs.database import Database, TakenOver
from schemas.errors import UsageFault
from schemas.listen import EARLIEST, END_OF_TIME

State: TypeAlias = Literal["reading", "waiting", "done", "failed", "cancelled", "undone"]


class Options(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the person wants of the export. A job is resumed with those it was begun with."""

    format: str | None = None
    since: int = EARLIEST
    until: int = END_OF_TIME
    limit: int | None = None
    spotify_time: Literal["end", "start"] = "end"


class Report(msgspec.Struct, omit_defaults=True):
    """What became of every row of an export. `seconds` from start to end, `sha256` in hex; `begun` in lists.

    rows = accepted + skipped; once all is stored accepted = inserted + duplicate + dead. An undone job has removed so
    many of its plays, and passed the others on to a source that brought them too. Where the reading has not come to its
    end, the report is `incomplete`: rows, accepted and skipped are at least so many. `members` are all files of the
    export, in order. `same_second` plays differ from one of another source only by an album that is missing. Lists of
    reports leave both out.
    """

    job: int | None
    user: str
    file: str
    format: str
    sha256: str
    state: State | Literal["dry run"]
    rows: int
    accepted: int
    skipped: dict[str, int]
    inserted: int | None
    duplicate: int | None
    dead: int
    seconds: float
    removed: int = 0
    passed_on: int = 0
    begun: dt.datetime | None = None
    incomplete: bool = False
    members: list[Entry] = []
    same_second: int = 0


class Job:
    """One import. `rows`, `accepted` and `skipped` count what has been read; `note` puts them on record.

    Its methods raise the Faults of Database.
    """

    def __init__(self, database: Database, job: int) -> None:
        self.id = job
        self.rows = 0
        self.accepted = 0
        self.skipped: Counter[str] = Counter()
        self.position = Position()
        self.members: list[Entry] = []
        self.resumed = False
        self._database = database

    @classmethod
    def begin(cls, database: Database, user: str, described: dict[str, object]) -> "Job":
        """A new job, on record from its first second; the person is made where there is none of that name."""
        (job,) = database.run(lambda connection: connection.execute(sql.read("next_import")).fetchone() or (0,))

        def insert(connection: psycopg.Connection) -> None:
            with connection.transaction():
                (person,) = connection.execute(sql.read("ensure_user"), {"name": user}).fetchone() or (0,)
                connection.execute(sql.read("start_import"), {**described, "id": job, "user": person})

        database.run(insert)
        return cls(database, job)

    @classmethod
    def resume(cls, database: Database, job: int, *, anew: bool = False) -> "Job":
        """A job as its last note left it, or to be read `anew` from its beginning."""
        found = database.run(lambda connection: connection.execute(sql.read("last_note"), (job,)).fetchone())
        if found is None:
            raise UsageFault(f"there is no job {job}")
        resumed = cls(database, job)
        resumed.resumed = True
        *counts, skipped, position, members = found
        # An earlier version has left no members, and may have numbered them otherwise.
        if members and not anew:
            resumed.rows, resumed.accepted = counts
            resumed.skipped = Counter(skipped)
            resumed.position = msgspec.convert(position or {}, Position)
            resumed.members = msgspec.convert(members, list[Entry])
        return resumed

    def note(self, state: State, position: Position | None) -> None:
        """Put the counts on record; everything up to `position` is safe in Kafka, and a later reading begins there."""
        values = {
            "id": self.id,
            "state": state,
            "rows": self.rows,
            "accepted": self.accepted,
            "skipped": Jsonb(dict(sorted(self.skipped.items()))),
            "position": None if position is None else Jsonb(msgspec.to_builtins(position)),
        }
        self._write("update_import", values)

    def note_members(self, members: list[Entry]) -> None:
        """Put on record what became of the files of the export, where that is news."""
        if members != self.members:
            self.members = [*map(copy, members)]
            self._write("note_members", {"id": self.id, "members": Jsonb(msgspec.to_builtins(members))})

    def note_ends(self, ends: Sequence[Mapping[str, object]]) -> None:
        """Put on record where the lane ended when Kafka had all of it: with the consumers there, the job is done."""
        values = {"id": self.id, "ends": Jsonb(ends)}
        self._database.run(lambda connection: connection.execute(sql.read("note_ends"), values))

    def mark(self, state: State) -> None:
        """Change nothing but the state: what was noted last still holds."""
        self._write("mark_import", {"id": self.id, "state": state})

    def go_on(self) -> None:
        """It is being read again."""
        self._write("resume_import", (self.id,))

    def _write(self, statement: str, values: Mapping[str, object] | tuple[object, ...]) -> None:
        written = self._database.run(lambda connection: connection.execute(sql.read(statement), values).rowcount)
        if not written:
            raise TakenOver(f"job {self.id} was undone meanwhile")

    def store_aliases(self, aliases: Collection[Alias]) -> None:
        """Other names that its export tells of."""
        self._database.run(lambda connection: store_aliases(connection, aliases))

    def stored(self) -> int:
        """How many of its messages the consumers have dealt with; one that was sent twice counts twice."""
        query = sql.read("stored_of_source")
        (stored,) = self._database.run(lambda connection: connection.execute(query, (self.id,)).fetchone() or (0,))
        return int(stored)

    def report(self) -> Report:
        """What is on record."""
        return self._database.run(lambda connection: report_of(connection, self.id))


def report_of(connection: psycopg.Connection, job: int) -> Report:
    """The report of a job as the database knows it. Raises UsageFault where there is none of that number."""
    found = connection.cursor(row_factory=class_row(Report)).execute(sql.read("import_report"), (job,)).fetchone()
    if found is None:
        raise UsageFault(f"there is no job {job}", "`scrobbles jobs list` shows all")
    found.members = msgspec.convert(found.members, list[Entry])
    return found

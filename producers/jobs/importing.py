"""Import one export: recognise a file that is known, go on where a job ended, send, follow until it is stored."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
import psycopg
from psycopg.types.json import Jsonb

import sql
from producers.exports import Alias, Export, Rules, open_export
from producers.exports.opened import latest_second
from producers.exports.paths import restored, stored
from producers.jobs.database import Database, TakenOver
from producers.jobs.fingerprint import fingerprint
from producers.jobs.following import follow, lane_ends
from producers.jobs.job import Job, Options, Report, State
from producers.jobs.progress import Watch
from producers.jobs.rejects import Rejects, RejectsFile
from producers.jobs.same_second import count_same_second
from producers.jobs.sending import Beside, Sender
from schemas.errors import DataFault, DependencyGone, Fault, UsageFault
from schemas.settings import Settings


class Order(NamedTuple):
    """What is to be imported for whom. `name` is what the person calls the export, `rejects` where skipped rows go.

    `job` is the one to be resumed, where the person names it.
    """

    path: Path
    name: str
    user: str
    options: Options = Options()
    force: bool = False
    wait: bool = True
    rejects: RejectsFile | None = None
    job: int | None = None


class Imported(NamedTuple):
    """The report; what ended the reading early, if anything; whether the file was known, or a job was resumed."""

    report: Report
    fault: Fault | None = None
    known: bool = False
    resumed: bool = False


class _Earlier(NamedTuple):
    """A job with the same file or the same content."""

    job: int
    state: State
    same_content: bool
    options: Options
    passed: bool

    @property
    def is_sent(self) -> bool:
        """Whether Kafka has every play of it, unless some were passed there."""
        return self.state == "waiting" and not self.passed


def import_export(database: Database, settings: Settings, order: Order, watch: Watch) -> Imported:
    """Import one export; a job that did not get to its end is resumed.

    Raises the Fault of an export that cannot be begun: where not even its first row can be read, no job is on record.
    Raises Cancelled.
    """
    sha256 = content_of(order)
    database.lock(f"{order.user} {sha256.hex()}")
    passings = _passings(database)
    earlier = None if order.force else _earlier(database, order, sha256)
    if earlier is not None and earlier.state == "done":
        return Imported(Job(database, earlier.job).report(), known=True)
    job, fault = Job.resume(database, earlier.job, anew=earlier.passed) if earlier else None, None
    if job is None or (earlier and not earlier.is_sent):
        job, fault = _read(database, settings, order, sha256, job, watch)
    # A broker that is away or refuses has not taken everything that was accepted: that would be waited for in vain.
    if order.wait and (fault is None or isinstance(fault, DataFault)):
        unseen = follow(database, settings, job, watch)
        # Of what was sent twice, the second one may have been passed or the only one: the count cannot tell.
        passed = job.resumed and _passings(database) != passings
        if unseen or passed:
            fault = _lost(job, unseen)
            job.mark("failed")
        elif fault is None:
            job.mark("done")
            database.run(partial(count_same_second, job=job.id))
    elif fault is None:
        with suppress(DependencyGone):  # Kafka has all of it: that it falls silent now is no failure of this job
            job.note_ends(lane_ends(settings))
    return Imported(job.report(), fault, resumed=job.resumed)


def _passings(database: Database) -> int:
    """How often an operator has let the consumers pass messages that they never saw."""
    (times,) = database.run(lambda connection: connection.execute(sql.read("passings")).fetchone() or (0,))
    return int(times)


def _lost(job: Job, plays: int) -> DataFault:
    number = f"{plays:,} plays" if not job.resumed else f"at least {plays:,} plays" if plays else "some plays, perhaps,"
    return DataFault(
        f"{number} of job {job.id} were never stored, and Kafka does not hold them any more",
        "`scrobbles import` reads the file again and stores them; `scrobbles offsets show` tells what was skipped",
    )


def order_of(connection: psycopg.Connection, job: int) -> Order:
    """What the job was asked for, to resume it. Raises UsageFault where there is none, or it has nothing to resume."""
    found = connection.execute(sql.read("order_of_import"), (job,)).fetchone()
    if found is None:
        raise UsageFault(f"there is no job {job}", "`scrobbles jobs list` shows all")
    path, name, user, options, resumable, state = found
    if not resumable:
        raise UsageFault(f"job {job} is {state}: there is nothing to resume", "`scrobbles import` reads its file again")
    if name == "-":
        raise UsageFault(f"job {job} was read from stdin", "give its file to `scrobbles import` again")
    return Order(restored(path), name, user, msgspec.convert(options, Options), job=job)


def content_of(order: Order) -> bytes:
    """By which the export is recognised. Raises UsageFault where it cannot be read."""
    try:
        return fingerprint(order.path)
    except OSError as error:
        raise UsageFault(f"{order.name} cannot be read: {error.strerror}") from error


def _earlier(database: Database, order: Order, sha256: bytes) -> _Earlier | None:
    """The job to be told of or to be resumed.

    Raises DataFault where the file has changed since one was begun on it, and UsageFault where the one that the person
    names has been undone a moment ago.
    """
    values = {"user": order.user, "sha256": sha256, "path": stored(order.path), "job": order.job}

    def look(connection: psycopg.Connection) -> list[_Earlier]:
        rows = connection.execute(sql.read("earlier_imports"), values)
        return [
            _Earlier(job, state, same, msgspec.convert(kept, Options), passed)
            for job, state, same, kept, passed in rows
        ]

    for found in database.run(look):
        if found.same_content and (found.options == order.options or _covers(found, order.options)):
            return found
        if not found.same_content:
            raise _changed(order, found)
    if order.job is not None:
        raise UsageFault(f"job {order.job} was undone meanwhile")
    return None


def _changed(order: Order, found: _Earlier) -> DataFault:
    if found.state in ("waiting", "done"):
        return DataFault(
            f"{order.name} has changed since job {found.job} read it to its end: there is nothing to resume",
            "`scrobbles import` reads it as it is now",
        )
    return DataFault(
        f"{order.name} has changed since job {found.job}, which is not finished, began to read it",
        f"`scrobbles jobs undo {found.job}` takes back what came of it; --force imports the file as a new one",
    )


def _covers(found: _Earlier, wanted: Options) -> bool:
    """Whether it has read the whole file, and so any part of it."""
    whole = msgspec.structs.replace(wanted, since=Options().since, until=Options().until, limit=None)
    return found.state == "done" and found.options == whole


def _read(
    database: Database, settings: Settings, order: Order, sha256: bytes, job: Job | None, watch: Watch
) -> tuple[Job, Fault | None]:
    wanted = order.options
    rules = Rules(latest_second(), wanted.since, wanted.until, wanted.spotify_time)
    aliases: set[Alias] = set()
    start, members = (job.position, job.members) if job else (None, None)
    with open_export(order.path, wanted.format, rules, start, aliases, members) as export:
        if job is None:
            job = Job.begin(database, order.user, _described(order, export, sha256))
        else:
            job.go_on()
        with _marking_failed(job):
            rejects = Rejects(order.rejects, order.name, add=job.rows > 0)
            sender = Sender(settings, job, export, Beside(rejects, aliases), watch, wanted.limit)
            try:
                sender.send()
            except Fault as fault:
                return job, fault
    return job, None


@contextmanager
def _marking_failed(job: Job) -> Iterator[None]:
    try:
        yield
    except TakenOver:
        raise
    except Fault:
        job.mark("failed")
        raise


def _described(order: Order, export: Export, sha256: bytes) -> dict[str, object]:
    return {
        "label": f"{export.format} import",
        "format": export.format,
        "file_name": order.name,
        "path": stored(order.path),
        "sha256": sha256,
        "members": Jsonb(msgspec.to_builtins(export.entries)),
        "options": Jsonb(msgspec.to_builtins(order.options)),
    }

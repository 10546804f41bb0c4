"""`scrobbles jobs`: imports and what became of them."""

import gc
import time
from itertools import islice
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from psycopg.rows import class_row

import sql
from cli.console import complain, confirm, emit_json, err, out, say, shortened, table
from cli.importing import Imports, require_kafka, stoppable
from cli.moments import Clock, Utc, Zone
from cli.progress import watching
from cli.report import show_report
from cli.wiring import connected, database_url, person, settings
from producers.jobs.database import Database
from producers.jobs.importing import order_of
from producers.jobs.job import Report, report_of
from producers.jobs.progress import Cancelled
from producers.jobs.same_second import same_second
from producers.jobs.undoing import undo_import
from schemas.errors import INTERRUPTED

app = typer.Typer()
jobs = typer.Typer(no_args_is_help=True, help="Your imports: what became of each; resume or undo one.")
app.add_typer(jobs, name="jobs")

Number = Annotated[int, typer.Argument(metavar="ID", hidden=True)]
# `jobs show` tells the whole name.
_USER_WIDTH, _FILE_WIDTH = 8, 18
_COUNTS = ("rows", "skipped", "inserted", "duplicate", "dead")
# What a narrow terminal leaves out, in this order, after the columns that hold nothing but zeros.
_DISPENSABLE = ("user", "rows", "duplicate", "skipped", "begun")
Json = Annotated[bool, typer.Option("--json", help="For scripts.")]


@jobs.command("list")
def list_(
    user: Annotated[str | None, typer.Option(parser=person, metavar="NAME", help="Only those of this person.")] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many.")] = 20,
    zone: Zone = None,
    utc: Utc = False,
    json: Json = False,
) -> None:
    """List the imports, the newest first. A narrow terminal shows fewer columns.

    Example: scrobbles jobs list --user anna
    """
    values = {"user": user, "limit": limit}
    clock = Clock(zone, utc=utc)
    with connected() as connection:
        found = connection.cursor(row_factory=class_row(Report)).execute(sql.read("list_imports"), values).fetchall()
    if json:
        emit_json([msgspec.to_builtins(report) for report in found])
        return
    counts = [(one.rows, sum(one.skipped.values()), one.inserted, one.duplicate, one.dead) for one in found]
    columns = dict(zip(_COUNTS, zip(*counts, strict=True), strict=False))
    silent = [name for name in ("dead", "duplicate", "skipped") if not any(columns.get(name, ()))]
    drop = (*silent, *_DISPENSABLE)
    shown = table("job", "begun", "user", "file", "state", *_COUNTS, right=("job", *_COUNTS), drop=drop)
    for report, numbers in zip(found, counts, strict=True):
        begun = clock.day(report.begun) if report.begun else "-"
        names = shortened(report.user, _USER_WIDTH), shortened(Path(report.file).name or report.file, _FILE_WIDTH)
        shown.add_row(str(report.job), begun, *names, report.state, *(f"{count or 0:,}" for count in numbers))
    out.print(shown if found else "nothing was imported yet")
    if found:
        say(f"days are those of {clock.name}")


@jobs.command()
def show(job: Number, json: Json = False) -> None:
    """Show the report of an import.

    Example: scrobbles jobs show 7
    """
    with connected() as connection:
        report = report_of(connection, job)
        held = connection.execute(sql.read("is_being_read"), (f"{report.user} {report.sha256}",)).fetchone()
    _tell(report, json=json)
    if report.incomplete and report.state != "undone" and not held:
        say(f"nobody is reading it: `scrobbles jobs resume {job}` continues it")


@jobs.command("same-second")
def same_second_(
    job: Number,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many.")] = 50,
    zone: Zone = None,
    utc: Utc = False,
    json: Json = False,
) -> None:
    """List plays that differ only by album.

    They are those of an import that you had before, without their album or with one.

    Two services may tell of one play: at the same second, of the same artist and title, but one of them knows no album,
    or fills in the title. Both are stored; `scrobbles jobs undo` takes one of the imports back.

    Example: scrobbles jobs same-second 7
    """
    with connected() as connection:
        report_of(connection, job)
        found = [*islice(same_second(connection, job), limit)]
    if json:
        emit_json([pair._asdict() for pair in found])
        return
    clock = Clock(zone, utc=utc)
    when = f"time ({clock.name})"
    shown = table(when, "artist", "title", "album", "album before", "job", whole=(when,))
    for pair in found:
        names = (name or "-" for name in (pair.artist, pair.title, pair.album, pair.other_album))
        shown.add_row(clock.shown(pair.listened_at), *names, str(pair.other_source))
    out.print(shown if found else f"no play of job {job} is at the same second as one of another source")


@jobs.command()
def resume(job: Number, json: Json = False) -> None:
    """Resume an import that was interrupted.

    Example: scrobbles jobs resume 7
    """
    chosen = settings()
    gc.freeze()
    gc.disable()
    with connected(chosen) as connection:
        order, state = order_of(connection, job), report_of(connection, job).state
    if state != "done":
        require_kafka(chosen)
    imports = Imports(chosen, json=json)
    try:
        imports.add(order)
    except Cancelled:
        complain(f"stopped; `scrobbles jobs resume {job}` continues where it stopped")
        raise typer.Exit(imports.cancelled(several=False)) from None
    raise typer.Exit(imports.end(several=False))


@jobs.command()
def undo(
    job: Number,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; only a terminal is asked.")] = False,
    json: Json = False,
) -> None:
    """Take back the plays of an import.

    What another import brought too stays, as a play of that one. Other names of an artist, an album or a track that
    its export brought stay in force.

    Example: scrobbles jobs undo 7
    """
    chosen = settings()
    with connected(chosen) as connection:
        before = report_of(connection, job)
    if before.state == "undone":
        say(f"job {job} was undone before: there is nothing to undo")
        if json:
            emit_json(msgspec.to_builtins(before))
        return
    if not yes and not json and err.is_terminal:
        say(f"job {job}: {before.file}, {before.inserted or 0:,} plays of {before.user}")
        confirm("Take them back?")
    begun = time.monotonic()
    try:
        with watching(before.file, chosen) as watch, stoppable(watch) as stopping:
            database = Database(database_url(chosen), stopping)
            try:
                report = undo_import(database, chosen, job, stopping)
            finally:
                database.close()
    except Cancelled:
        complain(f"stopped; `scrobbles jobs undo {job}` continues")
        raise typer.Exit(INTERRUPTED) from None
    _tell(report, json=json)
    say(f"job {job} is undone; it took {time.monotonic() - begun:.1f} s")


def _tell(report: Report, *, json: bool) -> None:
    if json:
        emit_json(msgspec.to_builtins(report))
    else:
        show_report(report)

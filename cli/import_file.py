"""`scrobbles import`: export files into the database."""

import datetime as dt
import gc
from pathlib import Path
from typing import Annotated, Literal

import typer

import sql
from cli.console import complain, say
from cli.importing import Imports, require_kafka
from cli.moments import DATE, Clock, Moment, Utc, Zone, moment
from cli.wiring import DEFAULT_USER, connected, person, settings
from producers.exports import sniff
from producers.exports.paths import shown
from producers.jobs.importing import Order
from producers.jobs.job import Options
from producers.jobs.progress import Cancelled
from producers.jobs.rejects import RejectsFile
from producers.output import STDOUT
from schemas.errors import Fault, UsageFault
from schemas.person import name_of
from schemas.settings import Settings

app = typer.Typer()

_HOW = """name one as you downloaded it, zipped or not:
  scrobbles import my_spotify_data.zip
Add --dry-run to see what is in it and store nothing.
Spotify, Last.fm, ListenBrainz, Maloja, Koito, Libre.fm, Rockbox and Pano Scrobbler are recognised by their content.
`scrobbles import --help` shows all options."""


@app.command(name="import")
def import_(
    files: Annotated[list[str] | None, typer.Argument(metavar="FILE", hidden=True)] = None,
    user: Annotated[str, typer.Option(parser=person, metavar="NAME", help="Whose plays these are.")] = DEFAULT_USER,
    format_: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="The format; else the content tells.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read it and report, but store nothing.")] = False,
    since: Annotated[Moment, typer.Option(parser=moment, metavar=DATE, help="Only plays from then on.")] = None,
    until: Annotated[Moment, typer.Option(parser=moment, metavar=DATE, help="Only plays before then.")] = None,
    zone: Zone = None,
    utc: Utc = False,
    limit: Annotated[int | None, typer.Option(metavar="N", help="Read at most N rows of each file.", min=1)] = None,
    spotify_time: Annotated[
        Literal["end", "start"], typer.Option(help="Which end of a stream is the time of a Spotify play.")
    ] = "end",
    rejects: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the skipped rows here, as JSON lines; - is stdout.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Read a file again that was imported before.")] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Return once Kafka has everything.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The report, for scripts.")] = False,
) -> None:
    """Import listening history: read it, send it, and report once all of it is stored.

    FILE is an export as it was downloaded, zipped or not, or a folder of them; - is stdin. The report names every file
    of a folder or archive that was not read.
    Importing the same plays again stores nothing new. An import that was interrupted continues where it stopped when
    the same command is given again. Exit code 3 if rows were rejected, or files that look like exports were not read.

    Example: scrobbles import maloja_export.json
    """
    if not files:
        raise UsageFault("no export is named: nothing was imported", _HOW)
    user = name_of(user)
    # To Path it is the current folder.
    if "" in files:
        raise UsageFault("the name of a file is empty: nothing was imported", "is the variable set that holds it?")
    clock = Clock(zone, utc=utc)
    begin, end = clock.instant(since), clock.instant(until)
    if begin and end and begin >= end:
        raise UsageFault("no play is from --since on and before --until: nothing was imported")
    skipped = None if rejects is None else _rejects_file(rejects)
    chosen = settings()
    options = Options(
        format_,
        _second(begin, Options().since),
        _second(end, Options().until),
        limit,
        spotify_time,
    )
    # A reader makes millions of objects and no cycles: collecting them costs time and finds nothing.
    gc.freeze()
    gc.disable()
    strange = not dry_run and _is_ready_for_stranger(chosen, user)
    imports = Imports(chosen, json=json, rehearsing=dry_run)
    several = len(files) > 1
    try:
        for name in files:
            imports.add(Order(Path(name), shown(name), user, options, force, not no_wait, skipped))
    except Cancelled:
        complain("stopped; the same command continues where it stopped")
        raise typer.Exit(imports.cancelled(several=several)) from None
    finally:
        if skipped:
            skipped.close()
    if strange and imports.begun:
        say(f"{user} is new here and was added")
    raise typer.Exit(imports.end(several=several))


def _rejects_file(name: str) -> RejectsFile:
    """Raises UsageFault where writing the skipped rows would destroy an export: the one to be imported, or another."""
    made = RejectsFile(name)
    try:
        found = sniff(name) if Path(name).is_file() and name != STDOUT else None
    except Fault:
        return made
    if found:
        raise UsageFault(f"{name} is an export ({found}), which --rejects would write over: nothing was imported")
    return made


def _is_ready_for_stranger(chosen: Settings, user: str) -> bool:
    """Whether nobody has that name yet. Raises the Fault of a Kafka or a database that cannot take an import."""
    require_kafka(chosen)
    with connected(chosen) as connection:
        return user != DEFAULT_USER and connection.execute(sql.read("user_id"), (user,)).fetchone() is None


def _second(wanted: dt.datetime | None, default: int) -> int:
    return default if wanted is None else int(wanted.timestamp())

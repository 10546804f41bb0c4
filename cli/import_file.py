"""`scrobbles import`: export files into the database."""

import gc
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

import sql
from cli.console import complain, emit_json, out, say, table
from cli.progress import watching
from cli.wiring import DEFAULT_USER, connected, settings
from producers.importing import Imported, Order, Report, import_export
from schemas.broker import admin, topic_ids
from schemas.errors import DONE, FINISHED_WITH_REJECTS, Fault
from schemas.listen import REJECTIONS
from schemas.topics import lane_topic

app = typer.Typer()


@app.command(name="import")
def import_(
    files: Annotated[list[str], typer.Argument(help="Export files or folders; - is stdin.", metavar="FILE...")],
    user: Annotated[str, typer.Option(help="Whose plays these are.")] = DEFAULT_USER,
    format_: Annotated[str | None, typer.Option("--format", help="The format; else the content tells.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Read a file again that was imported before.")] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Return once Kafka has everything.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The report, for scripts.")] = False,
) -> None:
    """Import listening history: read it, send it, and report once all of it is stored.

    Importing the same plays again stores nothing new. Exit 3 where rows had to be rejected.

    Example: scrobbles import maloja_export.json
    """
    chosen = settings()
    # A reader makes millions of objects and no cycles: collecting them costs time and finds nothing.
    gc.freeze()
    gc.disable()
    reports: list[Report] = []
    codes: list[int] = []
    with connected(chosen) as connection:
        topic_ids(admin(chosen), [lane_topic(chosen.topic_prefix, "import").name])
        strange = user != DEFAULT_USER and connection.execute(sql.read("user_id"), (user,)).fetchone() is None
        for name in files:
            try:
                with _local(name) as path, watching(name) as watch:
                    order = Order(path, name, user, format_, force, not no_wait)
                    imported = import_export(connection, chosen, order, watch)
            except Fault as fault:
                complain(fault.message, fault.hint)
                codes.append(fault.exit_code)
                continue
            reports.append(imported.report)
            codes.append(_tell(imported, name, json))
        if strange and reports:
            say(f"{user} is new here and was added")
    if json and reports:
        answer = [msgspec.to_builtins(report) for report in reports]
        emit_json(answer if len(files) > 1 else answer[0])
    raise typer.Exit(next((code for code in codes if code not in (DONE, FINISHED_WITH_REJECTS)), max(codes)))


@contextmanager
def _local(name: str) -> Iterator[Path]:
    """The file of that name; stdin is kept in a temporary one first, for a pipe can be read only once."""
    if name != "-":
        yield Path(name)
        return
    with tempfile.NamedTemporaryFile(prefix="scrobbles-stdin-") as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept, 1 << 20)
        kept.flush()
        yield Path(kept.name)


def _tell(imported: Imported, name: str, json: bool) -> int:
    """Say what became of one file, and return its exit code."""
    report, fault = imported.report, imported.fault
    if imported.known:
        say(f"nothing new: {name} was imported before; --force reads it again. The report of that time:")
    if not json:
        out.print(_report_table(report))
    if fault is not None:
        complain(f"{fault.message}; what came before it is stored", fault.hint)
        return fault.exit_code
    return FINISHED_WITH_REJECTS if report.dead or REJECTIONS & report.skipped.keys() else DONE


def _report_table(report: Report) -> object:
    shown = table("", "plays", "", right=("plays",))
    shown.show_header = False
    shown.title = f"{report.file}: {report.format}, job {report.job}, {report.state} after {report.seconds:.1f} s"
    shown.title_justify, shown.title_style = "left", "bold"
    lines: Sequence[tuple[str, int, str]] = (
        ("rows", report.rows, ""),
        *((f"- {reason.replace('_', ' ')}", number, "skipped") for reason, number in report.skipped.items()),
        ("= accepted", report.accepted, ""),
        ("inserted", report.inserted, "new plays"),
        ("duplicate", report.duplicate, "stored before"),
        ("dead", report.dead, "`scrobbles dead list` shows why"),
    )
    for what, number, note in lines:
        if number or what in ("rows", "= accepted", "inserted", "duplicate"):
            shown.add_row(what, f"{number:,}", Text(note, style="dim"))
    return shown

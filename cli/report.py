"""How the report of an import looks, and which exit code it means."""

import shlex
from collections.abc import Callable, Iterator, Sequence

from rich.table import Table
from rich.text import Text

from cli.console import out, table, visible
from producers.exports.entries import NOT_REACHED, QUIET, Entry
from producers.jobs.job import Report
from producers.jobs.rejects import UNWANTED
from producers.output import STDOUT
from schemas.errors import DONE, FINISHED_WITH_REJECTS
from schemas.listen import REJECTIONS

# The most reasons, and files of each, that are shown; `--json` has all.
_SHOWN = 20
_NAMED = 3


def exit_code(report: Report) -> int:
    """Whether plays may be missing: of rows that had to be rejected, or of files that could not be read.

    Rows that no importer counts as plays are none of those, nor are files that never hold any.
    """
    missing = report.dead or REJECTIONS & report.skipped.keys() or any(one.is_loud for one in report.members)
    return FINISHED_WITH_REJECTS if missing else DONE


def not_stored(report: Report) -> int:
    """How many accepted plays the workers have not dealt with; 0 while that is not known."""
    if report.incomplete or report.inserted is None or report.duplicate is None:
        return 0
    return max(report.accepted - report.inserted - report.duplicate - report.dead, 0)


def show_report(report: Report, rejects: str | None = None) -> None:
    """What became of every row and of every file, for a person. `rejects` is the file that holds the skipped rows."""
    out.print(_table(report))
    for style, line in (*_member_lines(report), *_twice_lines(report)):
        out.print(Text(visible(line), style), soft_wrap=False)
    _show_skipped(report, rejects)


def _table(report: Report) -> Table:
    # The seconds are those of the import, not of an undo.
    seconds = "" if report.state == "undone" else f" after {report.seconds:.1f} s"
    heading = f"{report.file}: {report.format}, {_job(report)}{seconds}"
    shown = table("", "plays", "", heading=heading, right=("plays",))
    shown.show_header = False
    rehearsed = report.job is None
    lines: Sequence[tuple[str, int | None, str]] = (
        ("rows", report.rows, "at least: not read to its end" if report.incomplete else ""),
        *((f"- {reason.replace('_', ' ')}", number, "skipped") for reason, number in sorted(report.skipped.items())),
        ("= accepted", report.accepted, ""),
        ("inserted", report.inserted, "would be new" if rehearsed else "new plays"),
        ("duplicate", report.duplicate, "stored before, or repeated in the file" if rehearsed else "stored before"),
        ("dead", report.dead or None, "`scrobbles dead list` shows why"),
        ("not stored", not_stored(report) or None, "yet" if report.state == "waiting" else ""),
        ("removed", report.removed or None, "taken back by undo"),
        ("passed on", report.passed_on or None, "to another import that brought them too"),
    )
    for what, number, note in lines:
        if number is not None:
            shown.add_row(what, f"{number:,}", Text(note, style="dim"))
    return shown


def _show_skipped(report: Report, rejects: str | None) -> None:
    """Where the skipped rows are, or how to see them: the command is not folded, to be copied."""
    if not report.skipped.keys() - UNWANTED or rejects == STDOUT:
        return
    if rejects:
        out.print(Text(visible(f"the skipped rows are in {rejects}"), "dim"), soft_wrap=True)
    else:
        again = "import it again with" if report.file == "-" else f"scrobbles import {shlex.quote(report.file)}"
        out.print(Text("to see the skipped rows:", "dim"))
        out.print(Text(visible(f"  {again} --dry-run --rejects skipped.jsonl"), "dim"), soft_wrap=True)


def _member_lines(report: Report) -> Iterator[tuple[str, str]]:
    """Lines on the files of the export, each with its style: none where all were simply read."""
    loud = _alike(report, lambda one: one.is_loud)
    for (read, reason, hint, _), names in [*loud.items()][:_SHOWN]:
        yield "yellow", f"{'read in part' if read else 'not read'}: {_some(names)}: {reason}"
        if hint:
            yield "dim", f"  {hint}"
    if more := [name for names in [*loud.values()][_SHOWN:] for name in names]:
        yield "yellow", f"not read: {_some(more)}; --json tells why"
    for (*_, note), names in _alike(report, lambda one: bool(one.note)).items():
        yield "", f"{_some(names)}: {note}"
    if later := [one.name for one in report.members if one.kind == NOT_REACHED]:
        yield "", f"not reached: {_some(later)}"
    if quiet := [one.name for one in report.members if one.kind in QUIET and one.kind != NOT_REACHED]:
        yield "dim", f"not read, and not needed: {_some(quiet)}"


def _twice_lines(report: Report) -> Iterator[tuple[str, str]]:
    if found := report.same_second:
        plays = "1 play stands" if found == 1 else f"{found:,} plays stand"
        yield "yellow", f"{plays} at the same second as one you had, which differs only by its album"
        yield "dim", f"  `scrobbles jobs same-second {report.job}` lists them"


def _alike(report: Report, wanted: Callable[[Entry], bool]) -> dict[tuple[bool, str, str, str], list[str]]:
    """The names of the files of which the same is to be said."""
    found: dict[tuple[bool, str, str, str], list[str]] = {}
    for one in filter(wanted, report.members):
        found.setdefault((one.read, one.reason, one.hint, one.note), []).append(one.name)
    return found


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED:,} more"


def _job(report: Report) -> str:
    return report.state if report.job is None else f"job {report.job}, {report.state}"

"""How the report of an import looks, and which exit code it means."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from cli.console import table, visible
from producers.jobs.job import Report
from schemas.errors import DONE, FINISHED_WITH_REJECTS
from schemas.listen import REJECTIONS


def exit_code(report: Report) -> int:
    """Whether rows had to be rejected; rows that no importer counts as plays are none of those."""
    return FINISHED_WITH_REJECTS if report.dead or REJECTIONS & report.skipped.keys() else DONE


def not_stored(report: Report) -> int:
    """How many accepted plays the workers have not dealt with; 0 while that is not known."""
    if report.incomplete or report.inserted is None or report.duplicate is None:
        return 0
    return max(report.accepted - report.inserted - report.duplicate - report.dead, 0)


def report_table(report: Report) -> Table:
    """What became of every row, as it adds up."""
    shown = table("", "plays", "", right=("plays",))
    shown.show_header = False
    shown.title = f"{visible(report.file)}: {report.format}, {_job(report)} after {report.seconds:.1f} s"
    shown.title_justify, shown.title_style = "left", "bold"
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


def _job(report: Report) -> str:
    return report.state if report.job is None else f"job {report.job}, {report.state}"

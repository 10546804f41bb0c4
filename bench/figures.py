"""What is measured, as a table for people and as JSON."""

import itertools
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
import psutil
from rich.console import Console
from rich.table import Table

PER_SECOND = "plays/s"
# Of a table that goes into a file or a log.
_PLAIN_WIDTH = 100


class Figure(msgspec.Struct, frozen=True):
    """One measured number of an experiment.

    `share_target` is what a throughput should reach of the ceiling, `at_most` and `at_least` are bounds of anything.
    """

    experiment: str
    what: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    share_target: float | None = None


class Row(msgspec.Struct, frozen=True):
    """A figure beside its target; `good` is None where there is no target."""

    figure: Figure
    share: float | None
    good: bool | None


class Result(msgspec.Struct, frozen=True):
    """One run: the machine, the ceiling as often as it was measured, and all figures."""

    machine: dict[str, str | int | float]
    ceilings: Sequence[float]
    rows: Sequence[Row]
    seconds: float


def compared(figure: Figure, ceiling: float) -> Row:
    """The figure as a share of the ceiling if it is a throughput, and whether it reaches its target."""
    share = figure.value / ceiling if figure.unit == PER_SECOND else None
    if figure.share_target is not None and share is not None:
        return Row(figure, share, share >= figure.share_target)
    if figure.at_least is not None:
        return Row(figure, share, figure.value >= figure.at_least)
    return Row(figure, share, None if figure.at_most is None else figure.value <= figure.at_most)


def result(figures: Sequence[Figure], ceilings: Sequence[float], seconds: float) -> Result:
    """All figures, compared with the median ceiling."""
    ceiling = statistics.median(ceilings)
    shown = Figure("ceiling of this machine", "one connection, ready-packed rows", ceiling, PER_SECOND)
    return Result(_machine(), ceilings, [compared(figure, ceiling) for figure in (shown, *figures)], seconds)


def show(found: Result) -> None:
    """Print the table on stdout."""
    table = Table(title=_title(found), title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("")
    for name in ("figure", "of ceiling", "target"):
        table.add_column(name, justify="right")
    table.add_column("")
    for experiment, rows in itertools.groupby(found.rows, lambda row: row.figure.experiment):
        table.add_row(f"[bold]{experiment}[/]")
        for row in rows:
            figure = row.figure
            table.add_row(
                f"  {figure.what}",
                f"{_number(figure.value)} {figure.unit}",
                _share(row.share),
                _target(figure),
                _mark(row),
            )
    Console(highlight=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH).print(table)


def save(found: Result, path: Path) -> None:
    """Write the JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")


def _machine() -> dict[str, str | int | float]:
    return {
        "cpus": os.cpu_count() or 0,
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _title(found: Result) -> str:
    machine = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in found.machine.items())
    return f"{machine}; measured in {found.seconds / 60:.1f} minutes"


def _number(value: float) -> str:
    for smallest, decimals in ((100, 0), (10, 1), (0.1, 2)):
        if value >= smallest:
            return f"{value:,.{decimals}f}"
    return f"{value:.4f}"


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.2f}"


def _target(figure: Figure) -> str:
    if figure.share_target is not None:
        return f"≥ {figure.share_target:.2f}"
    if figure.at_least is not None:
        return f"≥ {figure.at_least:,g} {figure.unit}"
    return "" if figure.at_most is None else f"≤ {figure.at_most:g} {figure.unit}"


def _mark(row: Row) -> str:
    marks: dict[bool | None, Literal["[green]✓[/]", "[yellow]✗[/]", ""]] = {
        True: "[green]✓[/]",
        False: "[yellow]✗[/]",
        None: "",
    }
    return marks[row.good]

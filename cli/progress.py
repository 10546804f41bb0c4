"""Shows how far an import is: a bar on a terminal, a plain line every few seconds elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from cli.console import err, say
from producers.importing import Step, Watch

_PLAIN_SECONDS = 5.0
# The consumers have not moved for so long: say so, and what may be the cause.
_STALLED_SECONDS = 15.0


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="dim")


@contextmanager
def watching(name: str) -> Iterator[Watch]:
    """What a job is given to tell its progress to, while the block runs."""
    if not err.is_terminal:
        yield _Lines(name)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[count]}"),
        _Rate(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        yield _Bars(progress, name)


class _Bars:
    """Two tasks: bytes of the file that were read, and messages that are stored."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._tasks = {"reading": progress.add_task(f"reading {name}", count="", total=None)}

    def __call__(self, step: Step) -> None:
        if step.phase not in self._tasks:
            self._progress.update(self._tasks["reading"], total=1, completed=1)
            self._tasks[step.phase] = self._progress.add_task("storing", count="")
        count = f"{step.done:,}" if step.total is None else f"{step.done:,} of {step.total:,}"
        self._progress.update(self._tasks[step.phase], completed=step.done, total=step.total, count=count)


class _Lines:
    """One line every few seconds, with the rate since the last one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._said = self._moved = time.monotonic()
        self._done = self._before = 0

    def __call__(self, step: Step) -> None:
        now = time.monotonic()
        if step.done != self._done:
            self._moved, self._done = now, step.done
        if now - self._said < _PLAIN_SECONDS:
            return
        of = "" if step.total is None else f" of {step.total:,}"
        rate = max(step.done - self._before, 0) / (now - self._said)
        say(f"{self._name}: {step.phase}, {step.done:,}{of} ({rate:,.0f}/s)")
        self._said, self._before = now, step.done

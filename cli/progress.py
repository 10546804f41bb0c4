"""Shows how far an import is: a bar on a terminal, a plain line every few seconds elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from cli.console import err, say
from producers.importing import Step, Watch

_PLAIN_SECONDS = 5.0
_STALLED_SECONDS = 10.0


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="dim")


@contextmanager
def watching(name: str) -> Iterator[Watch]:
    """What a job is given to tell its progress to, while the block runs."""
    if not err.is_terminal:
        yield _Stall(_Lines(name))
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
        yield _Stall(_Bars(progress, name))


class _Stall:
    """Passes every step on, and says once when what was sent is not being stored."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._done = -1
        self._moved = time.monotonic()

    def __call__(self, step: Step) -> None:
        self._watch(step)
        now = time.monotonic()
        if step.phase != "storing" or step.done != self._done:
            self._done, self._moved = step.done, now
        elif now - self._moved > _STALLED_SECONDS:
            say("nothing is being stored: does a worker run? `scrobbles status` tells; this goes on when one does")
            self._moved = float("inf")


class _Bars:
    """Two tasks: bytes of the file that were read, and messages that are stored."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._tasks = {"reading": progress.add_task(f"reading {escape(name)}", count="", total=None)}

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
        self._said = time.monotonic()
        # Each phase counts for itself, so its rate begins where the phase does.
        self._before: dict[str, int] = {}

    def __call__(self, step: Step) -> None:
        now = time.monotonic()
        before = self._before.setdefault(step.phase, step.done)
        if now - self._said < _PLAIN_SECONDS:
            return
        of = "" if step.total is None else f" of {step.total:,}"
        say(f"{self._name}: {step.phase}, {step.done:,}{of} ({(step.done - before) / (now - self._said):,.0f}/s)")
        self._said, self._before[step.phase] = now, step.done

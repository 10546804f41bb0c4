"""Shows how far an import is: a bar on a terminal, a plain line every few seconds elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from cli.console import err, say
from cli.readiness import obstacles
from producers.jobs.progress import Step, Watch
from schemas.settings import Settings

_PLAIN_SECONDS = 5.0
# Between two looks at what keeps a job that is stalled, and between two lines that say so.
_LOOK_SECONDS = 10.0
_STALLED_SECONDS = 60.0
_MINUTES_FROM = 120


class _Rate(ProgressColumn):
    """Rows or plays a second, since the phase began: the bar itself moves by shares."""

    def render(self, task: Task) -> Text:
        passed = task.elapsed or 0
        done = max(task.fields["done"] - task.fields["first"], 0)
        return Text(f"{done / passed:,.0f}/s" if passed else "", style="dim")


@contextmanager
def watching(name: str, settings: Settings) -> Iterator[Watch]:
    """What a job is given to tell its progress to, while the block runs."""
    if not err.is_terminal:
        yield _Troubles(_Lines(name), settings)
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
        yield _Troubles(_Bars(progress, name), settings)


class _Shown(Protocol):
    def move(self, step: Step) -> None: ...

    def stall(self, step: Step, since: float) -> None: ...


class _Troubles:
    """Shows each step, and says what it waits for, once: the trouble, and what this machine knows of its cause."""

    def __init__(self, shown: _Shown, settings: Settings) -> None:
        self._shown = shown
        self._settings = settings
        self._told: list[str] = []
        self._due = 0.0
        self._done = 0
        self._moved = time.time()

    def __call__(self, step: Step) -> None:
        if step.trouble:
            self._say(step.trouble)
            self._shown.stall(step, self._moved)
            return
        if step.done != self._done:
            self._done, self._moved, self._told = step.done, time.time(), []
        self._shown.move(step)

    def _say(self, trouble: str) -> None:
        if trouble in self._told and time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _LOOK_SECONDS
        troubles = [trouble, *obstacles(self._settings.data)]
        for each in troubles:
            if each not in self._told:
                say(each)
        self._told = troubles


class _Bars:
    """A bar for each phase, by its share of the whole where that is known."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._name = name
        self._tasks: dict[str, TaskID] = {}

    def stall(self, step: Step, since: float) -> None:
        """No time is left to tell while nothing moves."""
        task = self._task(step)
        self._progress.update(
            task, total=None, count=f"stalled since {time.strftime('%H:%M:%S', time.localtime(since))}"
        )

    def move(self, step: Step) -> None:
        task = self._task(step)
        count = f"{step.done:,}" if step.total is None else f"{step.done:,} of {step.total:,}"
        total = None if step.share is None else 1.0
        self._progress.update(task, completed=step.share or 0, total=total, count=count, done=step.done)

    def _task(self, step: Step) -> TaskID:
        if step.phase not in self._tasks:
            for task in self._tasks.values():
                self._progress.update(task, total=1, completed=1)
            described = f"{step.phase} {escape(self._name)}" if not self._tasks else step.phase
            self._tasks[step.phase] = self._progress.add_task(described, total=None, count="", done=0, first=step.done)
        return self._tasks[step.phase]


class _Lines:
    """One line every few seconds: how far, how fast since the last one, and how long it may still take."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._said = time.monotonic()
        # Each phase counts for itself, so its rate begins where the phase does.
        self._before: dict[str, Step] = {}

    def stall(self, step: Step, since: float) -> None:
        now = time.monotonic()
        if now - self._said > _STALLED_SECONDS:
            say(f"{self._name}: {step.phase}, {_stalled(since)}")
            self._said = now

    def move(self, step: Step) -> None:
        now = time.monotonic()
        before = self._before.setdefault(step.phase, step)
        passed = now - self._said
        if passed < _PLAIN_SECONDS or step.done == before.done:
            return
        of = "" if step.total is None else f" of {step.total:,}"
        share = "" if step.share is None else f", {step.share:.0%}"
        rate = f"{(step.done - before.done) / passed:,.0f}/s"
        say(f"{self._name}: {step.phase}, {step.done:,}{of}{share} ({rate}{_left(step, before, passed)})")
        self._said, self._before[step.phase] = now, step


def _stalled(since: float) -> str:
    return f"stalled since {time.strftime('%H:%M:%S', time.localtime(since))}"


def _left(step: Step, before: Step, passed: float) -> str:
    if step.share is None or before.share is None or step.share <= before.share:
        return ""
    seconds = passed * (1 - step.share) / (step.share - before.share)
    return f", {seconds / 60:.0f} min left" if seconds >= _MINUTES_FROM else f", {seconds:.0f} s left"

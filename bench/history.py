"""What one person waits for: a history of 49,050 plays, the size of a known library, as Maloja exports it."""

import statistics
from pathlib import Path

from bench.console import say
from bench.figures import Figure
from bench.lab import Lab
from bench.throughput import IMPORTER_MB, WORKERS

PLAYS = 49_050
HISTORY_SECONDS, _AGAIN_SECONDS = 2.0, 1.5
_SONGS = 25_000
_RUNS = 5


def history(lab: Lab, _: int) -> list[Figure]:
    """`scrobbles import` into an empty database, and the same again; the stack is up, two workers are idle."""
    runs = [_run(lab, number) for number in range(_RUNS)]
    first, again, megabytes = (statistics.median(values) for values in zip(*runs, strict=True))
    say(f"{PLAYS:,} plays: {first:.2f} s, again {again:.2f} s")
    what = f"{PLAYS:,} plays of a Maloja export, process start to report"
    return [
        Figure(what, "empty database", first, "s", at_most=HISTORY_SECONDS),
        Figure(what, "again with --force: all repeats", again, "s", at_most=_AGAIN_SECONDS),
        Figure(what, "memory, importer", megabytes, "MB", at_most=IMPORTER_MB),
    ]


def history_export(lab: Lab) -> Path:
    """The Maloja file of that history."""
    return lab.export("maloja", PLAYS, _SONGS)


def _run(lab: Lab, number: int) -> tuple[float, float, float]:
    path = history_export(lab)
    with lab.place(f"history_{number}") as place:
        with place.workers(WORKERS):
            first = place.import_(path).process
            again = place.import_(path, "--force").process
        place.verify()
    return first.seconds, again.seconds, max(first.peak_mb, again.peak_mb)

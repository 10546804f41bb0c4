"""How fast plays get from a file, or from many people, into Postgres: process start to the last commit."""

import time

from bench.console import say
from bench.exports import SONGS
from bench.feed import PEOPLE
from bench.figures import PER_SECOND, Figure
from bench.lab import Lab
from bench.place import Place

COLD, WARM = 0.50, 0.60
IMPORTER_MB, WORKER_MB = 110, 160
# As many as `scrobbles up` starts.
MAIN_WORKERS = 2


def ceiling(lab: Lab, plays: int) -> float:
    """Rows per second that one connection can store on this machine at this moment."""
    with lab.place("ceiling") as place:
        rate = float(place.start("bench.ceiling", place.url, str(plays)).wait().output)
    say(f"ceiling: {rate:,.0f} rows/s")
    return rate


def one_person(lab: Lab, plays: int, workers: int) -> list[Figure]:
    """A ListenBrainz file through `scrobbles import`, cold, and warm: the same plays of somebody else."""
    path = lab.export("listenbrainz", plays, SONGS)
    with lab.place(f"one_person_{workers}") as place:
        with place.workers(workers) as crew:
            cold = place.import_(path)
            warm = place.import_(path, "--user", "another")
        place.verify()
    what = f"{plays:,} plays of one person, {_workers(workers)}"
    say(f"{what}: {cold.process.seconds:.1f} s cold, {warm.process.seconds:.1f} s warm")
    is_main = workers == 2  # noqa: PLR2004 - the number that `scrobbles up` starts
    is_main = workers == MAIN_WORKERS
    return [
        Figure(what, "cold", plays / cold.process.seconds, PER_SECOND, share_target=COLD if is_main else None),
        Figure(what, "warm", plays / warm.process.seconds, PER_SECOND, share_target=WARM if is_main else None),
        Figure(what, "processor, importer", cold.process.cpu_seconds / plays * 1e6, "µs/play"),
        Figure(what, "processor, workers", crew.cpu_seconds / plays / 2 * 1e6, "µs/play"),
        Figure(what, "memory, importer", cold.process.peak_mb, "MB", at_most=IMPORTER_MB),
        Figure(what, "memory, biggest worker", crew.peak_mb, "MB", at_most=WORKER_MB),
    ]


def many_people(lab: Lab, plays: int, workers: int) -> list[Figure]:
    """Listens of 500 people, mixed, through a Publisher; warm: the same plays of 500 others."""
    path = lab.export("listens", plays, SONGS)
    with lab.place("many_people") as place:
        with place.workers(workers):
            seconds = [_feed(place, str(path), plays, before) for before in (0, plays)]
        place.verify()
    what = f"{plays:,} plays of {PEOPLE} people, {_workers(workers)}"
    say(f"{what}: {seconds[0]:.1f} s cold, {seconds[1]:.1f} s warm")
    return [
        Figure(what, "cold", plays / seconds[0], PER_SECOND, share_target=COLD),
        Figure(what, "warm", plays / seconds[1], PER_SECOND, share_target=WARM),
    ]


def _feed(place: Place, path: str, plays: int, before: int) -> float:
    first_source = place.add_people(PEOPLE)
    begun = time.monotonic()
    feeder = place.start("bench.feed", path, str(first_source))
    place.await_read(before + plays)
    seconds = time.monotonic() - begun
    feeder.wait()
    return seconds


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"

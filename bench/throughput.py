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
WORKERS = 2


def ceiling(lab: Lab, plays: int) -> float:
    """Rows per second that one connection can store on this machine at this moment."""
    with lab.place("ceiling") as place:
        rate = float(place.start("bench.ceiling", place.url, str(plays)).wait().output)
    say(f"ceiling: {rate:,.0f} rows/s")
    return rate


def one_person(lab: Lab, plays: int) -> list[Figure]:
    """A ListenBrainz file through `scrobbles import`, cold, and warm: the same plays of somebody else."""
    path = lab.export("listenbrainz", plays, SONGS)
    with lab.place("one_person") as place:
        with place.workers(WORKERS) as crew:
            cold = place.import_(path).process
            warm = place.import_(path, "--user", "another").process
        place.verify()
    what = f"{plays:,} plays of one person, a ListenBrainz file"
    say(f"{what}: {cold.seconds:.1f} s cold, {warm.seconds:.1f} s warm")
    return [
        Figure(what, "cold", plays / cold.seconds, PER_SECOND, share_target=COLD),
        Figure(what, "warm", plays / warm.seconds, PER_SECOND, share_target=WARM),
        Figure(what, "processor, importer", cold.cpu_seconds / plays * 1e6, "µs/play"),
        Figure(what, "processor, workers", crew.cpu_seconds / plays / 2 * 1e6, "µs/play"),
        Figure(what, "memory, importer", cold.peak_mb, "MB", at_most=IMPORTER_MB),
        Figure(what, "memory, biggest worker", crew.peak_mb, "MB", at_most=WORKER_MB),
    ]


def many_people(lab: Lab, plays: int) -> list[Figure]:
    """Listens of 500 people, mixed, through a Publisher; warm: the same plays of 500 others."""
    path = lab.export("listens", plays, SONGS)
    with lab.place("many_people") as place:
        with place.workers(WORKERS):
            cold, warm = (_feed(place, str(path), messages) for messages in (plays, 2 * plays))
        place.verify()
    what = f"{plays:,} plays of {PEOPLE} people at once"
    say(f"{what}: {cold:.1f} s cold, {warm:.1f} s warm")
    return [
        Figure(what, "cold", plays / cold, PER_SECOND, share_target=COLD),
        Figure(what, "warm", plays / warm, PER_SECOND, share_target=WARM),
    ]


def _feed(place: Place, path: str, messages: int) -> float:
    first_source = place.add_people(PEOPLE)
    begun = time.monotonic()
    feeder = place.start("bench.feed", path, str(first_source))
    place.await_read(messages)
    seconds = time.monotonic() - begun
    feeder.wait()
    return seconds

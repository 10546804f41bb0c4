"""The two halves alone: reading and sending with no worker, then storing what waits in Kafka with nobody sending."""

import time

from bench.console import say
from bench.exports import SONGS
from bench.figures import PER_SECOND, Figure
from bench.lab import Lab
from bench.place import Place
from bench.throughput import IMPORTER_MB

_GIGABYTE_PLAYS = 2_500_000


def backlog(lab: Lab, plays: int) -> list[Figure]:
    """Send a ListenBrainz file, then store it with one worker, and once more with two."""
    return _backlog(lab, plays, (1, 2))


def backlog_of_four(lab: Lab, plays: int) -> list[Figure]:
    """The same with four workers."""
    return _backlog(lab, plays, (4,))


def gigabyte(lab: Lab, _: int) -> list[Figure]:
    """The memory that a file of a gigabyte needs."""
    path = lab.export("listenbrainz", _GIGABYTE_PLAYS, SONGS)
    with lab.place("gigabyte") as place:
        sent = place.import_(path, "--no-wait").process
    what = f"a ListenBrainz file of {path.stat().st_size / 1e9:.1f} GB, sent (--no-wait)"
    return [
        Figure(what, "sending", _GIGABYTE_PLAYS / sent.seconds, PER_SECOND),
        Figure(what, "memory, importer", sent.peak_mb, "MB", at_most=IMPORTER_MB),
    ]


def _backlog(lab: Lab, plays: int, crews: tuple[int, ...]) -> list[Figure]:
    path = lab.export("listenbrainz", plays, SONGS)
    what = f"{plays:,} plays, first sent, then stored"
    with lab.place(f"backlog_{crews[0]}") as sender:
        sent = sender.import_(path, "--no-wait").process
        say(f"{what}: {sent.seconds:.1f} s to send")
        figures = [Figure(what, "sending alone", plays / sent.seconds, PER_SECOND)]
        for workers in crews:
            label = f"storing, {workers} worker{'s' if workers > 1 else ''}, process start included"
            seconds = _store(lab, sender, plays, workers)
            say(f"{what}: {seconds:.1f} s to store with {workers}")
            figures.append(Figure(what, label, plays / seconds, PER_SECOND))
    return figures


def _store(lab: Lab, sender: Place, plays: int, workers: int) -> float:
    with lab.place(f"stored_by_{workers}", topics_of=sender) as place:
        # The messages name source 1, which is the first one here as well.
        place.add_people(1)
        begun = time.monotonic()
        with place.workers(workers, joined=False):
            place.await_read(plays)
            seconds = time.monotonic() - begun
        place.verify()
    return seconds

"""Whether ten times the plays take ten times as long, and no more memory."""

from bench.children import Ended
from bench.console import say
from bench.exports import SONGS
from bench.figures import PER_SECOND, Figure
from bench.lab import Lab
from bench.throughput import IMPORTER_MB, WORKER_MB, WORKERS

_MORE = 10
_AT_MOST = 10.5


def large(lab: Lab, plays: int) -> list[Figure]:
    """The cold import of a ListenBrainz file, and of one with ten times its plays."""
    few, _ = _import(lab, plays)
    many, worker_mb = _import(lab, _MORE * plays)
    what = f"{_MORE * plays:,} plays against {plays:,}"
    return [
        Figure(what, "cold", _MORE * plays / many.seconds, PER_SECOND),
        Figure(what, "times as long", many.seconds / few.seconds, "", at_most=_AT_MOST),
        Figure(what, "memory, importer", many.peak_mb, "MB", at_most=IMPORTER_MB),
        Figure(what, "memory, biggest worker", worker_mb, "MB", at_most=WORKER_MB),
    ]


def _import(lab: Lab, plays: int) -> tuple[Ended, float]:
    path = lab.export("listenbrainz", plays, SONGS)
    with lab.place(f"large_{plays}") as place:
        with place.workers(WORKERS) as crew:
            imported = place.import_(path).process
        place.verify()
    say(f"{plays:,} plays: {imported.seconds:.1f} s")
    return imported, crew.peak_mb

"""How fast exports are read and sent: process start until Kafka has acknowledged every play, no worker beside it."""

import hashlib
import time
from pathlib import Path

import psycopg

from bench.console import say
from bench.exports import SONGS
from bench.figures import PER_SECOND, Figure
from bench.lab import Lab
from bench.place import Place
from bench.throughput import IMPORTER_MB

_FORMATS = ("maloja", "spotify", "lastfm", "listenbrainz")
_AT_LEAST = 100_000
_RESUMED_SHARE = 1.1
_POSITION = "select coalesce(max((position ->> 'row')::bigint), 0) from source"


def reading(lab: Lab, plays: int) -> list[Figure]:
    """Each of the large formats; and one of them killed in the middle and resumed."""
    figures = []
    # A broker that has just started compiles its code while it works: it took a sixth of the time of the first import.
    with lab.place("reading_warm_up") as place:
        place.import_(lab.export(_FORMATS[0], plays, SONGS), "--no-wait")
    for format_ in _FORMATS:
        path = lab.export(format_, plays, SONGS)
        _read_once(path)
        with lab.place(f"reading_{format_}") as place:
            used = place.import_(path, "--no-wait").process
        say(f"{format_}: {plays / used.seconds:,.0f} plays/s")
        what = f"{plays:,} plays read and acknowledged: {format_}"
        figures += [
            Figure(what, "from process start", plays / used.seconds, PER_SECOND, at_least=_AT_LEAST),
            Figure(what, "processor", used.cpu_seconds / plays * 1e6, "µs/play"),
            Figure(what, "memory", used.peak_mb, "MB", at_most=IMPORTER_MB),
        ]
    # The last of them again, so that both files come from the same cache of the disk.
    with lab.place("reading_resumed") as place:
        resumed = _killed(place, str(path), plays) + place.import_(path, "--no-wait").process.seconds
    what = f"killed at a half and resumed: {format_}"
    return [*figures, Figure(what, "of the time without", resumed / used.seconds, "times", at_most=_RESUMED_SHARE)]


def _read_once(path: Path) -> None:
    """The disk and its cache are no part of what is measured: from a cold one the same file took up to 8 % longer."""
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")


def _killed(place: Place, path: str, plays: int) -> float:
    """Begin an import, and kill it once its checkpoint has passed the half; the seconds it had."""
    begun = time.monotonic()
    child = place.start("cli", "import", path, "--no-wait")
    with psycopg.connect(place.url, autocommit=True) as connection:
        while (connection.execute(_POSITION).fetchone() or (0,))[0] < plays / 2:
            child.must_be_well()
            time.sleep(0.01)
    child.discard()
    return time.monotonic() - begun

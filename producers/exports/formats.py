"""The export formats: how the content of each is recognised, and who reads it. Names of files tell nothing."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from producers.exports import (
    koito,
    lastfm,
    lastfm_csv,
    librefm_csv,
    listenbrainz,
    maloja,
    maloja_db,
    pano,
    rockbox,
    scrobbles,
    spotify,
)
from producers.exports.opened import Opened
from producers.exports.outline import Head, outline
from producers.exports.streams import HEAD_BYTES
from schemas.listen import Listen, Skipped


class Format(NamedTuple):
    """A kind of export. `recognises` looks at how a member begins, `read` gives one item per row of it."""

    name: str
    recognises: Callable[[Head], bool]
    read: Callable[[Opened], Iterator[Listen | Skipped]]


# The first that recognises a file reads it. Ours asks for most.
FORMATS = (
    Format("scrobbles", scrobbles.recognises, scrobbles.read),
    Format("koito", koito.recognises, koito.read),
    Format("lastfm", lastfm.recognises, lastfm.read),
    Format("lastfm-csv", lastfm_csv.recognises, lastfm_csv.read),
    Format("librefm-csv", librefm_csv.recognises, librefm_csv.read),
    Format("listenbrainz", listenbrainz.recognises, listenbrainz.read),
    Format("maloja", maloja.recognises, maloja.read),
    Format("maloja-db", maloja_db.recognises, maloja_db.read),
    Format("pano", pano.recognises, pano.read),
    Format("rockbox", rockbox.recognises, rockbox.read),
    Format("spotify", spotify.recognises, spotify.read),
)


def format_of(head: bytes) -> Format | None:
    """The format of a member that begins so, or None."""
    start = head[:HEAD_BYTES]
    found = _recognising(Head(start, outline(start)))
    if found or b"\n" not in start:
        return found
    # One broken line must not hide that the other lines are listens.
    return _recognising(Head(start, frozenset().union(*map(outline, start.splitlines()))))


def _recognising(head: Head) -> Format | None:
    return next((known for known in FORMATS if known.recognises(head)), None)

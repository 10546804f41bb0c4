"""The export formats: how the content of each is recognised, and who reads it. Names of files tell nothing."""

from collections.abc import Callable, Iterator
from io import BufferedReader
from typing import NamedTuple

from producers.exports import listenbrainz, maloja
from producers.exports.members import Member
from producers.exports.outline import Outline, outline
from producers.exports.streams import HEAD_BYTES
from schemas.listen import Listen, Skipped


class Format(NamedTuple):
    """A kind of export. `read` takes the stream of one member and the latest second a play may have."""

    name: str
    recognises: Callable[[Outline], bool]
    read: Callable[[BufferedReader, Member, int], Iterator[Listen | Skipped]]


FORMATS = (
    Format("listenbrainz", listenbrainz.recognises, listenbrainz.read),
    Format("maloja", maloja.recognises, maloja.read),
)


def format_of(head: bytes) -> Format | None:
    """The format of a member that begins so, or None."""
    seen = outline(head[:HEAD_BYTES])
    found = next((known for known in FORMATS if known.recognises(seen)), None)
    if found or b"\n" not in head:
        return found
    # One broken line must not hide that the other lines are listens.
    seen = frozenset().union(*map(outline, head[:HEAD_BYTES].splitlines()))
    return next((known for known in FORMATS if known.recognises(seen)), None)

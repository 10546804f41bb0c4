"""The formats that are written, by the name a person gives them."""

from typing import Literal, TypeAlias

from producers.exports.writing import koito, listenbrainz, maloja, scrobbles, table
from producers.exports.writing.writer import Writer

WrittenFormat: TypeAlias = Literal["scrobbles", "listenbrainz", "koito", "maloja", "csv"]

WRITERS: dict[WrittenFormat, Writer] = {
    "scrobbles": scrobbles.WRITER,
    "listenbrainz": listenbrainz.WRITER,
    "koito": koito.WRITER,
    "maloja": maloja.WRITER,
    "csv": table.WRITER,
}

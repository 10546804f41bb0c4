"""Libre.fm's export: comments, then a table with the columns time (epoch seconds), artist, track, maybe album, others.

Comments are of any form ("#", and "+ACM-" where somebody took UTF-7 for text), so what counts is the header.
"""

from collections.abc import Iterator
from functools import partial

from producers.exports.credits import credited
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head
from producers.exports.rows import Refused, epoch_seconds, make_track, outcomes
from producers.exports.streams import HEAD_BYTES
from producers.exports.tables import Cells, Layout, layout, named_columns, table_rows
from schemas.errors import DataFault
from schemas.listen import Listen, Skipped, Track

_NEEDED = ("time", "artist", "track")
_EPOCH_DIGITS = 10


def recognises(head: Head) -> bool:
    """A header with time, artist and track among the first lines."""
    return _layout(head.start) is not None


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row, numbered by line. Raises DataFault where there is no header, or the last row is cut off."""
    table = _layout(source.stream.peek()[:HEAD_BYTES])
    if table is None:
        raise DataFault(f"{source.label} has no line that names the columns {', '.join(_NEEDED)}")
    return outcomes(source, table_rows(source, table, partial(_is_whole, table)), partial(_listen, table))


def _layout(head: bytes) -> Layout | None:
    return layout(head, lambda fields: named_columns(fields, *_NEEDED))


def _is_whole(table: Layout, fields: list[str]) -> bool:
    return table.columns["time"] != table.width - 1 or len(fields[-1]) >= _EPOCH_DIGITS


def _listen(table: Layout, row: Cells, rules: Rules) -> Listen:
    if not isinstance(row, list):
        raise Refused("malformed_row")
    time, artist, title, album = table(row, *_NEEDED, "album")
    return Listen(epoch_seconds(time, rules), _track(artist, title, album))


def _track(artist: str, title: str, album: str) -> Track:
    return make_track(credited((artist,), title), title, album, None, None)

"""Libre.fm's export: comments, then a table with the columns time (epoch seconds), artist, track, maybe album, others.

Comments are of any form ("#", and "+ACM-" where somebody took UTF-7 for text), so what counts is the header.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from producers.exports.credits import credited
from producers.exports.layouts import Layout, layout, named_columns
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head
from producers.exports.rows import Refused, epoch, epoch_seconds, make_track, outcomes
from producers.exports.streams import HEAD_BYTES
from producers.exports.tables import Cells, table_rows
from schemas.errors import DataFault
from schemas.listen import EARLIEST, Listen, Skipped, Track

_NEEDED = ("time", "artist", "track")


def recognises(head: Head) -> bool:
    """A header with time, artist and track among the first lines."""
    return _layout(head.start) is not None


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row, numbered by line. Raises DataFault where there is no header, or the last row is cut off."""
    table = _layout(source.stream.peek()[:HEAD_BYTES])
    if table is None:
        raise DataFault(f"{source.label} has no line that names the columns {', '.join(_NEEDED)}")
    has_time = partial(_has_time, table.columns["time"])
    rows = table_rows(source, table, has_time, partial(_is_whole, table))
    return outcomes(source, rows, partial(_listen, table.picker(*_NEEDED, "album")))


def _layout(head: bytes) -> Layout | None:
    return layout(head, _named, *_NEEDED)


def _named(cells: list[str]) -> dict[str, int] | None:
    places = named_columns(cells)
    return places if places.keys() >= set(_NEEDED) else None


def _has_time(place: int, cells: list[str]) -> bool:
    try:
        return epoch(cells[place]) >= EARLIEST
    except Refused:
        return False


def _is_whole(table: Layout, cells: list[str]) -> bool:
    place = table.columns["time"]
    return place != table.width - 1 or _has_time(place, cells)


def _listen(picked: Callable[[list[str]], Sequence[str]], row: Cells, rules: Rules) -> Listen:
    if not isinstance(row, list):
        raise Refused("malformed_row")
    time, artist, title, album = picked(row)
    return Listen(epoch_seconds(time, rules), _track(artist, title, album))


def _track(artist: str, title: str, album: str) -> Track:
    return make_track(credited((artist,), title), title, album, None, None)

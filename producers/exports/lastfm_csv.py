"""Last.fm's plays as tables, in the shapes that exporters write.

uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid       of lastfm.ghan.nl: columns in any order
Artist;Album;AlbumId;Track;Date#user                                    of lastfmstats.com: milliseconds in quotes
A,LP,T,14 Nov 2023 22:13                                                of benjaminbenben.com: no header, UTC

Parts of such a table may have lost the header of the first shape. A table with its columns that names no albums is
one of loved tracks, which are no plays.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from producers.exports.entries import NotWanted
from producers.exports.foreign import MBID_CHARACTERS
from producers.exports.lastfm import lastfm_track, written_epoch
from producers.exports.layouts import Layout, bare_layout, layout, named_columns
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head
from producers.exports.rows import Refused, epoch, epoch_seconds, outcomes, within
from producers.exports.streams import HEAD_BYTES
from producers.exports.tables import Cells, table_rows
from schemas.listen import EARLIEST, Listen, Skipped

_BARE = {"artist": 0, "album": 1, "track": 2, "uts": 3}
_GHAN_NAMES = ("uts", "utc_time", "artist", "artist_mbid", "album", "album_mbid", "track", "track_mbid")
_GHAN = {name: place for place, name in enumerate(_GHAN_NAMES)}
_OTHER_NAMES = {"date": "uts", "albumid": "album_mbid"}
_NEEDED = ("artist", "track", "uts")
_TIMES = ("uts", "utc_time")
_MBIDS = ("track_mbid", "album_mbid", "artist_mbid")
_LOVED_HINT = (
    "Export the scrobbles (recent tracks). If these are plays, give the table a column called album, even empty."
)


def recognises(head: Head) -> bool:
    """A header with the names of a time, artist and track; or among the first lines a row of a table without one."""
    return _layout(head.start) is not None


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row, numbered by line. Raises NotWanted for loved tracks, DataFault if the last row is cut off."""
    table = _layout(source.stream.peek()[:HEAD_BYTES]) or Layout(
        ",", _BARE, len(_BARE), len(_BARE) - 1, len(_BARE), [], 0
    )
    if "album" not in table.columns:
        raise NotWanted(f"{source.label} holds Last.fm's loved tracks, which are no plays", _LOVED_HINT)
    times = table.picker(*_TIMES)
    picked = table.picker(*_TIMES, "artist", "track", "album", *_MBIDS)
    rows = table_rows(source, table, partial(_has_time, times), partial(_is_whole, table))
    return outcomes(source, rows, partial(_listen, picked))


def _layout(head: bytes) -> Layout | None:
    return layout(head, _named, *_NEEDED) or bare_layout(head, _unnamed, *_NEEDED)


def _named(cells: list[str]) -> dict[str, int] | None:
    places: dict[str, int] = {}
    for name, place in named_columns(cells).items():
        plain = "date" if name.startswith("date#") else name
        places.setdefault(_OTHER_NAMES.get(plain, plain), place)
    if "utc_time" in places:
        places.setdefault("uts", places["utc_time"])
    return places if places.keys() >= set(_NEEDED) else None


def _unnamed(cells: list[str]) -> dict[str, int] | None:
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) == len(_BARE) and _is_written(cells[3]):
        return _BARE
    if len(_GHAN) - 1 <= len(cells) <= len(_GHAN) and _is_time(cells[0]) and _is_time(cells[1]):
        return _GHAN
    return None


def _is_written(text: str) -> bool:
    try:
        written_epoch(text)
    except Refused:
        return False
    return True


def _has_time(times: Callable[[list[str]], Sequence[str]], cells: list[str]) -> bool:
    return any(map(_is_time, times(cells)))


def _is_time(text: str) -> bool:
    try:
        return _told(text) >= EARLIEST
    except Refused:
        return False


def _is_whole(table: Layout, cells: list[str]) -> bool:
    """Whether a row that ends with the file may be all there: known of ids and times, believed of names."""
    last = table.width - 1
    if last in map(table.columns.get, _TIMES):
        return _is_time(cells[last])
    return last not in map(table.columns.get, _MBIDS) or len(cells[last]) in {0, MBID_CHARACTERS}


def _listen(picked: Callable[[list[str]], Sequence[str]], row: Cells, rules: Rules) -> Listen:
    if not isinstance(row, list):
        raise Refused("malformed_row")
    uts, written, *track = picked(row)
    return Listen(_second(uts, written, rules), lastfm_track(*track))


def _second(uts: str, written: str, rules: Rules) -> int:
    if uts.isdigit():
        return epoch_seconds(uts, rules)
    if told := uts or written:
        return within(_told(told), rules)
    raise Refused("now_playing")


def _told(text: str) -> int:
    try:
        return written_epoch(text)
    except Refused:
        return epoch(text)

"""Last.fm's plays as tables, in the two shapes that exporters write.

uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid       of lastfm.ghan.nl: columns in any order
A,LP,T,14 Nov 2023 22:13                                                of benjaminbenben.com: no header, UTC
"""

from collections.abc import Iterator
from functools import partial

from producers.exports.foreign import MBID_CHARACTERS
from producers.exports.lastfm import lastfm_track, written_epoch
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head
from producers.exports.rows import Refused, epoch_seconds, outcomes, within
from producers.exports.streams import HEAD_BYTES
from producers.exports.tables import Cells, Layout, layout, named_columns, table_rows
from schemas.listen import Listen, Skipped

_BARE = {"artist": 0, "album": 1, "track": 2, "utc_time": 3}
_EPOCH_DIGITS = 10


def recognises(head: Head) -> bool:
    """A header with uts, artist and track; or among the first lines one of four columns that ends in such a time."""
    return _layout(head.start) is not None


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row, numbered by line. Raises DataFault where the last row is cut off."""
    table = _layout(source.stream.peek()[:HEAD_BYTES]) or Layout(",", _BARE, len(_BARE), 0)
    return outcomes(source, table_rows(source, table, partial(_is_whole, table)), partial(_listen, table))


def _layout(head: bytes) -> Layout | None:
    if table := layout(head, lambda fields: named_columns(fields, "uts", "artist", "track")):
        return table
    bare = layout(head, lambda fields: _BARE if len(fields) == len(_BARE) and _is_time(fields[3]) else None)
    return bare and bare._replace(lines_before=0)


def _is_time(text: str) -> bool:
    try:
        written_epoch(text)
    except Refused:
        return False
    return True


def _is_whole(table: Layout, fields: list[str]) -> bool:
    """Whether a row that ends with the file may be all there: known of ids and times, believed of names."""
    last = table.width - 1
    if table.columns.get("utc_time") == last:
        return _is_time(fields[last])
    if table.columns.get("uts") == last:
        return len(fields[last]) >= _EPOCH_DIGITS
    return last not in map(table.columns.get, _MBIDS) or len(fields[last]) in {0, MBID_CHARACTERS}


_MBIDS = ("track_mbid", "album_mbid", "artist_mbid")
_NAMES = ("artist", "track", "album")


def _listen(table: Layout, row: Cells, rules: Rules) -> Listen:
    if not isinstance(row, list):
        raise Refused("malformed_row")
    uts, written = table(row, "uts", "utc_time")
    if uts:
        listened_at = epoch_seconds(uts, rules)
    elif written:
        listened_at = within(written_epoch(written), rules)
    else:
        raise Refused("now_playing")
    return Listen(listened_at, lastfm_track(*table(row, *_NAMES, *_MBIDS)))

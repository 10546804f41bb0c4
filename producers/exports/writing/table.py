"""CSV with the columns of Last.fm exporters: for a spreadsheet, and for the programs that read those exports."""

import csv
import io
from datetime import UTC, datetime

from producers.exports.writing.writer import Others, Writer
from schemas.listen import Ids, Track

_HEAD = b"uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\r\n"
# Not by strftime, whose names of months depend on the locale.
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 # it reads better
_NO_IDS = Ids()


def _track(track: Track, _: Others) -> bytes:
    ids = track.ids or _NO_IDS
    primary_mbid = ids.artist_mbids[0] if ids.artist_mbids else ""
    row = io.StringIO()
    csv.writer(row).writerow(
        [track.artists[0], primary_mbid, track.album, ids.release_mbid, track.title, ids.recording_mbid]
    )
    return row.getvalue().encode()


def _play(listened_at: int, track: bytes, _: int | None) -> bytes:
    when = datetime.fromtimestamp(listened_at, UTC)
    told = f"{when.day:02} {_MONTHS[when.month - 1]} {when.year}, {when:%H:%M}"
    return b'%d,"%b",%b' % (listened_at, told.encode(), track)


WRITER = Writer(lambda *_: _HEAD, _track, _play)

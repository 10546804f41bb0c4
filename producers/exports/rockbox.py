"""The log of a portable player (.scrobbler.log), as Rockbox writes it for later submission; tabs between the columns.

#AUDIOSCROBBLER/1.1
#TZ/UTC
#CLIENT/Rockbox sansae200 $Revision$
artist  album  title  track number  seconds  L or S  epoch seconds  MBID of the recording

S marks a track that was skipped. With #TZ/UNKNOWN, or none, the time is that of the player's own clock, which has no
zone: it is taken as UTC, for nobody knows which zone it was, and it may not always have been the same.
Rows of version 1.0 have no MBID. The comments at the beginning may be missing.
"""

from collections.abc import Iterator

from producers.exports.credits import credited
from producers.exports.foreign import MBID_CHARACTERS, ids, mbid
from producers.exports.lines import lines
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head
from producers.exports.rows import Refused, epoch_seconds, make_track, milliseconds, outcomes
from schemas.listen import Listen, Skipped, Track

_SIGNATURE = b"#AUDIOSCROBBLER/"
_WITHOUT_MBID, _COLUMNS = 7, 8
_SECOND = 1_000
_UNTAGGED = "<Untagged>"


def recognises(head: Head) -> bool:
    """The comment of the first line, or a row with L or S and a time where they belong."""
    if head.start.startswith(_SIGNATURE):
        return True
    rows = [line.split(b"\t") for line in head.start.split(b"\n")[:-1]]
    return any(
        len(row) in {_WITHOUT_MBID, _COLUMNS} and row[5] in {b"L", b"S"} and row[6].strip().isdigit() for row in rows
    )


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row, numbered by line; comments are no rows. Raises DataFault if the last line is cut off."""
    return outcomes(source, _rows(source), _listen)


def _rows(source: Opened) -> Iterator[tuple[int, bytes | None]]:
    for number, line in lines(source, _is_cut_off):
        # The name of an artist may begin so too.
        if line is None or not line.startswith(b"#") or line.count(b"\t") >= _WITHOUT_MBID - 1:
            yield number, line


def _is_cut_off(line: bytes) -> bool:
    fields = line.split(b"\t")
    return len(fields) < _COLUMNS or len(fields[-1].rstrip()) not in {0, MBID_CHARACTERS}


def _listen(line: bytes | None, rules: Rules) -> Listen:
    fields = line.decode(errors="replace").rstrip("\r\n").split("\t") if line else []
    if len(fields) == _WITHOUT_MBID:
        fields.append("")
    if len(fields) != _COLUMNS or fields[5] not in {"L", "S"}:
        raise Refused("malformed_row")
    artist, album, title, _, seconds, rating, time, recording = fields
    if rating == "S":
        raise Refused("short_play")
    listened_at = epoch_seconds(time, rules)
    return Listen(listened_at, _track(artist, title, album, seconds, recording))


def _track(artist: str, title: str, album: str, seconds: str, recording: str) -> Track:
    artist, title, album = ("" if name == _UNTAGGED else name for name in (artist, title, album))
    return make_track(
        credited((artist,), title), title, album, None, milliseconds(seconds, _SECOND), ids(mbid(recording))
    )

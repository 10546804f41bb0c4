"""The log of a portable player (.scrobbler.log), as Rockbox writes it for later submission; tabs between the columns.

#AUDIOSCROBBLER/1.1
#TZ/UTC
#CLIENT/Rockbox sansae200 $Revision$
artist  album  title  track number  seconds  L or S  epoch seconds  MBID of the recording

S marks a track that was skipped. With #TZ/UNKNOWN, or none, the time is that of the player's own clock, which has no
zone: it is taken as UTC, for nobody knows which zone it was, and it may not always have been the same.
Rows of version 1.0 have no MBID. The comments at the beginning may be missing. Audacious keeps such a log without
comments, with the artist of the album in an eighth or ninth column. Quotes are letters like any other.

Every line that begins with # is a comment. One that has all of a play may be what an artist called #... played, so it
is reported as no play instead of nothing.
"""

import re
from collections.abc import Iterator

from producers.exports.credits import credited
from producers.exports.foreign import MBID_CHARACTERS, ids, mbid
from producers.exports.json_text import CUT_OFF_HINT
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head
from producers.exports.rows import MAX_ROW_BYTES, Refused, epoch_seconds, make_track, milliseconds, outcomes
from producers.exports.text_lines import LINE_ENDS, Lines
from schemas.errors import DataFault
from schemas.listen import Listen, Skipped, Track

_SIGNATURE = b"#AUDIOSCROBBLER/"
# NULs at the end of a file were never written.
_ENDS = (*LINE_ENDS, b"\0")
_RATINGS = {"L", "S"}
_RATING, _TIME = 5, 6
_FEWEST, _WITH_MBID, _MOST = 7, 8, 9
_SECOND = 1_000
_UNTAGGED = "<untagged>"
# What is left of an MBID too, for some players write it with broken characters.
_ID = re.compile(r"[0-9A-Fa-f?\ufffd -]*")


def recognises(head: Head) -> bool:
    """The comment of the first line, or a row with L or S and a time where they belong."""
    if head.start.lstrip().startswith(_SIGNATURE):
        return True
    return any(_is_play(_cells(line) or []) for line in head.start.splitlines())


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row, numbered by line; comments are no rows. Raises DataFault if the last line is cut off."""
    return outcomes(source, _rows(source), _listen)


def _rows(source: Opened) -> Iterator[tuple[int, bytes | None]]:
    lines = Lines(source)
    while line := lines.take():
        if len(line) > MAX_ROW_BYTES:
            yield lines.number, None
        elif line.startswith(b"#"):
            if _is_play(_cells(line) or []):
                yield lines.number, line
        elif not line.isspace():
            if not line.endswith(_ENDS) and _is_cut_off(line):
                raise DataFault(f"{source.label} breaks off in line {lines.number}", CUT_OFF_HINT)
            yield lines.number, line


def _is_cut_off(line: bytes) -> bool:
    cells = line.split(b"\t")
    return len(cells) < _WITH_MBID or (len(cells) == _WITH_MBID and len(cells[-1].rstrip()) not in {0, MBID_CHARACTERS})


def _cells(line: bytes) -> list[str] | None:
    """The cells of a row, those that may be missing added; None for what has not enough, too many, or is no UTF-8."""
    try:
        cells = line.decode().rstrip("\r\n").split("\t")
    except UnicodeDecodeError:
        return None
    if len(cells) == _WITH_MBID:
        cells.append("")
    elif len(cells) != _MOST:
        if len(cells) < _FEWEST or any(map(str.strip, cells[_MOST:])):
            return None
        return cells[:_MOST] + [""] * (_MOST - len(cells))
    return cells


def _is_play(cells: list[str]) -> bool:
    return len(cells) == _MOST and cells[_RATING] in _RATINGS and cells[_TIME].strip().isdigit()


def _listen(line: bytes | None, rules: Rules) -> Listen:
    if line is None or (cells := _cells(line)) is None:
        raise Refused("malformed_row")
    if b"<" in line:
        cells = ["" if cell.lower() == _UNTAGGED else cell for cell in cells]
    artist, album, title, _, seconds, rating, time, recording, album_artist = cells
    if rating != "L":
        raise Refused("short_play" if rating == "S" else "malformed_row")
    if line.startswith(b"#"):
        raise Refused("not_a_play")
    listened_at = epoch_seconds(time, rules)
    known = mbid(recording)
    if recording and not known and not _ID.fullmatch(recording):
        album_artist = album_artist or recording
    return Listen(listened_at, _track(artist, title, album, album_artist, seconds, known))


def _track(artist: str, title: str, album: str, album_artist: str, seconds: str, recording: str | None) -> Track:
    of_album = credited((album_artist,)) if album_artist else ()
    return make_track(
        credited((artist,), title),
        title,
        album,
        of_album[0] if of_album else None,
        milliseconds(seconds, _SECOND),
        ids(recording),
    )

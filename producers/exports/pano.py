"""Pano Scrobbler's log, a JSON object per line: what was played, and what was loved or no longer loved.

row: {"timeMs": ms, "artist", "track", "album", "albumArtist", "durationMs": ms, "event": "scrobble" | "love" | …}
"""

from collections.abc import Iterator

import msgspec

from producers.exports.credits import credited
from producers.exports.lines import lines, tolerant_decode
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head
from producers.exports.rows import Refused, Scalar, epoch_seconds, make_track, milliseconds, outcomes, scalar, text
from schemas.listen import Listen, Skipped, Track

_PLAY = "scrobble"


class _Row(msgspec.Struct, gc=False):
    timeMs: Scalar  # noqa: N815 # its name in the file
    artist: str | None = None
    track: str | None = None
    album: str | None = None
    albumArtist: str | None = None  # noqa: N815
    durationMs: Scalar = None  # noqa: N815
    event: str | None = None


_decode = msgspec.json.Decoder(_Row).decode


def recognises(head: Head) -> bool:
    """Lines with a time in milliseconds, an artist and a track."""
    return {"timeMs", "artist", "track"} <= head.outline


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row, numbered by line. Raises DataFault if the last line is cut off."""
    return outcomes(source, lines(source), _listen)


def _listen(line: bytes | None, rules: Rules) -> Listen:
    if line is None:
        raise Refused("malformed_row")
    try:
        row = _decode(line)
    except (ValueError, RecursionError):
        row = _tidied(tolerant_decode(line))
    if row.event not in {None, _PLAY}:
        raise Refused("not_a_play")
    listened_at = epoch_seconds(row.timeMs, rules)
    return Listen(listened_at, _track(row.artist, row.track, row.album, row.albumArtist, row.durationMs))


def _track(artist: str | None, title: str | None, album: str | None, album_artist: str | None, length: Scalar) -> Track:
    of_album = credited((album_artist,)) if album_artist else ()
    return make_track(
        credited((artist,) if artist else (), title or ""),
        title,
        album,
        of_album[0] if of_album else None,
        milliseconds(length),
    )


def _tidied(row: object) -> _Row:
    if not isinstance(row, dict) or "timeMs" not in row:
        raise Refused("malformed_row")
    artist, title, album, album_artist, event = (
        text(row.get(name)) for name in ("artist", "track", "album", "albumArtist", "event")
    )
    return _Row(scalar(row["timeMs"]), artist, title, album, album_artist, scalar(row.get("durationMs")), event)

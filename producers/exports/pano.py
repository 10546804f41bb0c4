"""Pano Scrobbler's log, a JSON object per line: what was played, and what was loved or no longer loved.

row: {"timeMs": ms, "artist", "track", "album", "albumArtist", "durationMs": ms, "event": "scrobble" | "love" | …}
"""

from collections.abc import Iterator

import msgspec

from producers.exports.credits import credited
from producers.exports.json_rows import json_rows
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head, in_rows
from producers.exports.rows import Refused, Scalar, epoch_seconds, make_track, milliseconds, name_of, outcomes, scalar
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


def recognises(head: Head) -> bool:
    """Rows with a time in milliseconds, an artist and a track."""
    return in_rows(head.outline) >= {"timeMs", "artist", "track"}


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row, numbered from 1. Raises DataFault where the JSON ends or breaks."""
    return outcomes(source, json_rows(source, row=_Row), _listen)


def _listen(row: object, rules: Rules) -> Listen:
    if not isinstance(row, _Row):
        row = _tidied(row)
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
    artist, title, album, album_artist = (name_of(row.get(key)) for key in ("artist", "track", "album", "albumArtist"))
    event = row.get("event")
    if event is not None and not isinstance(event, str):
        raise Refused("malformed_row")
    return _Row(scalar(row["timeMs"]), artist, title, album, album_artist, scalar(row.get("durationMs")), event)

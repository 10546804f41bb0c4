"""Maloja: the file that its own importer takes."""

import msgspec

from producers.exports.writing.writer import Others, Writer
from schemas.listen import Track

_encode = msgspec.json.Encoder().encode
_SECOND = 1_000


def _track(track: Track, _: Others) -> bytes:
    album = track.album and {"albumtitle": track.album, "artists": [track.album_artist] if track.album_artist else None}
    return _encode(
        {
            "artists": track.artists,
            "title": track.title,
            "album": album,
            "length": (track.duration_ms or 0) // _SECOND or None,
        }
    )


def _play(listened_at: int, track: bytes, played_ms: int | None) -> bytes:
    played = b"%d" % (played_ms // _SECOND) if played_ms and played_ms >= _SECOND else b"null"
    return b'{"time":%d,"track":%b,"duration":%b,"origin":"import:scrobble-stream"}' % (listened_at, track, played)


# Maloja refuses an export without the time of it.
WRITER = Writer(lambda _, now: b'{"maloja":{"export_time":%d},"scrobbles":[\n' % now, _track, _play, b",\n", b"\n]}\n")

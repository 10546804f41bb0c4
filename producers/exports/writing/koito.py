"""Koito: the file that its own importer takes, with all other names that are known.

Koito knows no track without an album, so such a one gets an album of its own name, which says of itself that it is
"invented": Koito passes over a key that it does not know, and our reader leaves the album out again.
"""

from datetime import UTC, datetime

import msgspec

from producers.exports.writing.writer import Others, Writer
from schemas.listen import Ids, Track

_encode = msgspec.json.Encoder().encode
_SECOND = 1_000
_VARIOUS = "various artists"
_NO_IDS = Ids()


def _head(user: str, now: int) -> bytes:
    return b'{"version":"1","exported_at":"%b","user":%b,"listens":[\n' % (_moment(now), _encode(user))


def _track(track: Track, others: Others) -> bytes:
    """All of a row but its time."""
    ids = track.ids or _NO_IDS
    mbids = ids.artist_mbids or ("",) * len(track.artists)
    names = others.artists or ((),) * len(track.artists)
    album = {
        "image_url": "",
        "mbid": ids.release_mbid,
        "aliases": _aliases(track.album or track.title, others.albums),
        "various_artists": (track.album_artist or "").casefold() == _VARIOUS,
    }
    row = {
        "track": {
            "mbid": ids.recording_mbid,
            "duration": (track.duration_ms or 0) // _SECOND,
            "aliases": _aliases(track.title, others.titles),
        },
        "album": album if track.album else {**album, "invented": True},
        "artists": [
            {"image_url": "", "mbid": mbid or None, "is_primary": number == 0, "aliases": _aliases(name, more)}
            for number, (name, mbid, more) in enumerate(zip(track.artists, mbids, names, strict=True))
        ],
    }
    return _encode(row)[1:]


def _aliases(name: str, others: tuple[str, ...]) -> list[dict[str, object]]:
    canonical = {"alias": name, "source": "Canonical", "is_primary": True}
    return [canonical, *({"alias": other, "source": "Import", "is_primary": False} for other in others)]


def _play(listened_at: int, track: bytes, _: int | None) -> bytes:
    return b'{"listened_at":"%b","client":"scrobble-stream",%b' % (_moment(listened_at), track)


def _moment(epoch: int) -> bytes:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()


WRITER = Writer(_head, _track, _play, b",\n", b"\n]}\n")

"""Our own JSON lines; producers/exports/scrobbles.py says what they are."""

import msgspec

from producers.exports.alias import AlbumName, Alias, ArtistName
from producers.exports.scrobbles import HEADER, VERSION
from producers.exports.writing.writer import Others, Writer
from schemas.listen import Track

_encode = msgspec.json.Encoder().encode


def _head(user: str, _: int) -> bytes:
    return _encode({HEADER: VERSION, "user": user}) + b"\n"


def _track(track: Track, _: Others) -> bytes:
    return _encode(track)


def _play(listened_at: int, track: bytes, played_ms: int | None) -> bytes:
    if played_ms is None:
        return b'{"listened_at":%d,"track":%b}\n' % (listened_at, track)
    return b'{"listened_at":%d,"track":%b,"played_ms":%d}\n' % (listened_at, track, played_ms)


def _alias(alias: Alias) -> bytes:
    written = alias.written
    kind = "artist" if isinstance(written, ArtistName) else "album" if isinstance(written, AlbumName) else "track"
    names = [{field: part for field, part in name._asdict().items() if part} for name in alias]
    return _encode({kind: names[0], "same_as": names[1]}) + b"\n"


WRITER = Writer(_head, _track, _play, merged=False, alias=_alias)

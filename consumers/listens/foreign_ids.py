"""What a source calls a track, its album and its artists: which id belongs to which of our entities."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from schemas.listen import Ids, Track


class ForeignId(NamedTuple):
    """`kind` is the name of the field in schemas.listen.Ids, "artist_mbid" for one of `artist_mbids`."""

    entity: bytes
    kind: str
    value: str
    mapped: bool


def foreign_ids(track: Track, made: bytes, album: bytes | None, artists: Sequence[bytes]) -> Iterator[ForeignId]:
    """The ids that a track carries; `made`, `album` and `artists` are our own of it.

    Evidence is not worth a play: what cannot be stored or attributed is left out.
    """
    for ids, mapped in ((track.ids, False), (track.mapped_ids, True)):
        for entity, kind, value in _named(ids, made, album, artists) if ids else ():
            if entity and value and "\0" not in value:
                yield ForeignId(entity, kind, value, mapped)


def _named(
    ids: Ids, made: bytes, album: bytes | None, artists: Sequence[bytes]
) -> Iterator[tuple[bytes | None, str, str | None]]:
    yield made, "recording_mbid", ids.recording_mbid
    yield made, "isrc", ids.isrc
    yield made, "spotify_track", ids.spotify_track
    yield album, "release_mbid", ids.release_mbid
    yield album, "release_group_mbid", ids.release_group_mbid
    if len(ids.artist_mbids) == len(artists):  # else nobody knows whose they are
        for artist, value in zip(artists, ids.artist_mbids, strict=True):
            yield artist, "artist_mbid", value

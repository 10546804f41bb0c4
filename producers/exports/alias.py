"""That an artist, an album or a track has another name: what an export says besides its plays."""

from typing import NamedTuple, TypeAlias


class ArtistName(NamedTuple):
    """What identifies an artist."""

    name: str


class AlbumName(NamedTuple):
    """What identifies an album; `artist` is whose it is."""

    artist: str
    title: str


class TrackName(NamedTuple):
    """What identifies a track, by its primary artist; and whose the album is, where that is stated."""

    artist: str
    title: str
    album: str = ""
    album_artist: str = ""


EntityName: TypeAlias = ArtistName | AlbumName | TrackName


class Alias(NamedTuple):
    """Whoever is called `written` is the one called `stands_for`; both are of the same kind."""

    written: EntityName
    stands_for: EntityName

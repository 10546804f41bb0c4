"""The rows of ListenBrainz: how it writes them, and how others do."""

import msgspec

from producers.exports.opened import Rules
from producers.exports.rows import Refused, Scalar, epoch_seconds, name_of, names_of, scalar, strings, text, truth


class Info(msgspec.Struct, gc=False):
    """What the player submitted beside the names."""

    artist_names: tuple[str, ...] | None = None
    duration_ms: Scalar = None
    duration: Scalar = None
    ms_played: Scalar = None
    duration_played: Scalar = None
    release_artist_names: tuple[str, ...] | None = None
    release_artist_name: str | None = None
    recording_mbid: str | None = None
    isrc: str | None = None
    spotify_id: str | None = None
    release_mbid: str | None = None
    release_group_mbid: str | None = None
    artist_mbids: tuple[str, ...] | None = None


class Credit(msgspec.Struct, gc=False):
    """One of the mapped artists."""

    artist_credit_name: str
    join_phrase: str | None = None


class Mapping(msgspec.Struct, gc=False):
    """What ListenBrainz takes the track for."""

    artists: tuple[Credit, ...] | None = None
    recording_mbid: str | None = None
    release_mbid: str | None = None
    release_group_mbid: str | None = None
    artist_mbids: tuple[str, ...] | None = None


class Metadata(msgspec.Struct, gc=False):
    """The track as submitted, and as mapped."""

    artist_name: str | None = None
    track_name: str | None = None
    release_name: str | None = None
    additional_info: Info | None = None
    mbid_mapping: Mapping | None = None


class Row(msgspec.Struct, gc=False):
    """A row as ListenBrainz writes it; `tidied` makes one of what others have made of such rows."""

    track_metadata: Metadata
    listened_at: int | float


_OBJECTS = ("additional_info", "mbid_mapping")
_OF_RELEASES = ("release_mbid", "release_group_mbid")


def tidied(row: object, rules: Rules) -> Row:
    """The row without what is odd but does not matter, such as additional information that is no object.

    Raises Refused: malformed_row, now_playing, and what epoch_seconds raises.
    """
    if not isinstance(row, dict) or not isinstance(metadata := row.get("track_metadata"), dict):
        raise Refused("malformed_row")
    if row.get("listened_at") is None and truth(row.get("playing_now")):
        raise Refused("now_playing")
    info, mapping = (found if isinstance(found := metadata.get(name), dict) else {} for name in _OBJECTS)
    submitted = Info(
        names_of(info.get("artist_names")),
        scalar(info.get("duration_ms")),
        scalar(info.get("duration")),
        scalar(info.get("ms_played")),
        scalar(info.get("duration_played")),
        names_of(info.get("release_artist_names")),
        name_of(info.get("release_artist_name")),
        artist_mbids=strings(info.get("artist_mbids")),
        **{name: text(info.get(name)) for name in ("recording_mbid", "isrc", "spotify_id", *_OF_RELEASES)},
    )
    guess = Mapping(
        _credits(mapping.get("artists")),
        artist_mbids=strings(mapping.get("artist_mbids")),
        **{name: text(mapping.get(name)) for name in ("recording_mbid", *_OF_RELEASES)},
    )
    artist, title, album = (name_of(metadata.get(name)) for name in ("artist_name", "track_name", "release_name"))
    listened_at = epoch_seconds(row.get("listened_at"), rules)
    return Row(Metadata(artist, title, album, submitted, guess), listened_at)


def _credits(mapped: object) -> tuple[Credit, ...] | None:
    try:
        return msgspec.convert(mapped, tuple[Credit, ...])
    except (msgspec.ValidationError, UnicodeEncodeError):  # the latter of a lone surrogate in a key
        return None

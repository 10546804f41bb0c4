"""What a listen is, and the JSON that carries it on the scrobble topics.

One listen per message. The value is JSON with a version `v`:

    {"v":1,"source_id":7,"listened_at":1700000000,"track":{"artists":["A"],"title":"T"},"played_ms":180000}

The track travels as it was written by the person's player. A consumer sees the same few tracks over and over, so it
keeps the bytes of `track` unparsed (`ListenMessage[msgspec.Raw]`) and recognises them: decoding costs 0.35 us a
message instead of 0.8, and only unseen spellings are validated, normalised and hashed.
"""

from typing import Annotated, Generic, Literal, TypeVar

import msgspec

VERSION = 1

# ListenBrainz refuses what is older (2002-10-01): earlier stamps are broken clocks, never plays. formats.md of Last.fm
# exports shows whole libraries stamped 1970.
EARLIEST = 1_033_430_400
# A player's clock may run ahead; ListenBrainz allows an hour.
CLOCK_SKEW_SECONDS = 3_600
# The first second that no calendar of four-digit years has.
END_OF_TIME = 253_402_300_800
NAME_CHARACTERS = 1_000
MAX_ARTISTS = 100
ID_CHARACTERS = 100
# The largest number of milliseconds that fits a Postgres integer: 24 days.
MAX_MS = 2_147_483_647

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARACTERS)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=ID_CHARACTERS)]
IdOrNone = Annotated[str, msgspec.Meta(max_length=ID_CHARACTERS)]
Milliseconds = Annotated[int, msgspec.Meta(ge=1, le=MAX_MS)]
Epoch = Annotated[int, msgspec.Meta(ge=EARLIEST, le=END_OF_TIME - 1)]
SourceId = Annotated[int, msgspec.Meta(ge=1, le=2_147_483_647)]

# Why a row of an export is no listen. Closed: a new cause gets a name here, never "other".
Reason = Literal[
    "audiobook",
    "bad_time",
    "incognito",
    "malformed_row",
    "missing_artist",
    "missing_title",
    "no_metadata",
    "not_a_play",
    "now_playing",
    "outside_window",
    "podcast",
    "short_play",
    "too_early",
    "too_late",
    "too_long",
    "unlisted",
    "video",
]

# The reasons that mean damage; the others are rows that no importer counts as plays (a podcast, a skipped song).
REJECTIONS: frozenset[Reason] = frozenset(
    {
        "bad_time",
        "malformed_row",
        "missing_artist",
        "missing_title",
        "too_early",
        "too_late",
        "too_long",
        "unlisted",
    }
)

T = TypeVar("T")


class Ids(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What others call a track, its album and its artists: evidence, never identity.

    The first three name the track, the next two its album. `artist_mbids` has one for each of `Track.artists`, "" where
    there is none.
    """

    recording_mbid: Id | None = None
    isrc: Id | None = None
    spotify_track: Id | None = None
    release_mbid: Id | None = None
    release_group_mbid: Id | None = None
    artist_mbids: Annotated[tuple[IdOrNone, ...], msgspec.Meta(max_length=MAX_ARTISTS)] = ()


class Track(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A track as somebody wrote it; equal spellings are equal and hash alike.

    `artists` holds everyone credited, the primary artist first. `album_artist` is set only where the source states it.
    `duration_ms` is the length of the recording, not the time it was played. `ids` came with the play; `mapped_ids` are
    a service's guess at it (ListenBrainz).
    """

    artists: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=MAX_ARTISTS)]
    title: Name
    album: Name | None = None
    album_artist: Name | None = None
    duration_ms: Milliseconds | None = None
    ids: Ids | None = None
    mapped_ids: Ids | None = None


class Listen(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One play: `track` was heard at `listened_at` (epoch seconds, UTC), for `played_ms` where that is known."""

    listened_at: Epoch
    track: Track
    played_ms: Milliseconds | None = None


class Skipped(msgspec.Struct, frozen=True):
    """A row of an export that is no listen: its number in `member` (counted from 1), why, and the row as it was."""

    reason: Reason
    row: int
    member: str
    raw: object = None


class ListenMessage(msgspec.Struct, Generic[T], gc=False, omit_defaults=True):
    """The value of one message on a scrobble topic. `source_id` names the import or the live client it came from."""

    v: int
    source_id: SourceId
    listened_at: Epoch
    track: T
    played_ms: Milliseconds | None = None


def json_schema() -> dict[str, object]:
    """The JSON Schema of a message, for producers in other languages; `schemas/listen.schema.json` is its copy."""
    schema: dict[str, object] = msgspec.json.schema(ListenMessage[Track])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"Listen, version {VERSION}", **schema}

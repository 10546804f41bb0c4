"""What others call a track, its album and its artists: which texts of an export are such ids."""

import re

from schemas.listen import Ids

MBID_CHARACTERS = 36
_MBID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SPOTIFY_TRACK = re.compile(
    r"(?:spotify:track:|https?://open\.spotify\.com/(?:intl-[a-z]+/)?track/)([0-9A-Za-z]{22})\b"
)
_ISRC = re.compile(r"[A-Z]{2}[0-9A-Z]{3}[0-9]{7}")


def mbid(value: object) -> str | None:
    """A MusicBrainz id in lower case; None for what is none, such as the empty string that many exports hold."""
    if not value or not isinstance(value, str):
        return None
    small = value.strip().lower()
    return small if _MBID.fullmatch(small) else None


def mbids_of(artists: tuple[str, ...], values: tuple[str, ...] | None) -> tuple[str, ...]:
    """An MBID for each of the artists, "" where a value is none; () unless there are as many values, one a real one."""
    if not values or len(values) != len(artists) or not any(values):
        return ()
    found = tuple(mbid(value) or "" for value in values)
    return found if any(found) else ()


def isrc(value: object) -> str | None:
    """An International Standard Recording Code in capitals and without dashes; None for what is none."""
    if not value or not isinstance(value, str):
        return None
    code = value.strip().replace("-", "").upper()
    return code if _ISRC.fullmatch(code) else None


def spotify_track(value: object) -> str | None:
    """The id of a track from its URI or its web address; None for local files, episodes and anything else."""
    if not value or not isinstance(value, str):
        return None
    found = _SPOTIFY_TRACK.match(value)
    return found[1] if found else None


def ids(
    recording_mbid: str | None = None,
    isrc: str | None = None,
    spotify: str | None = None,
    release_mbid: str | None = None,
    release_group_mbid: str | None = None,
    artist_mbids: tuple[str, ...] = (),
) -> Ids | None:
    """The ids a row carries; None if there are none, so that a track without ids is equal to any other."""
    if recording_mbid or isrc or spotify or release_mbid or release_group_mbid or artist_mbids:
        return Ids(recording_mbid, isrc, spotify, release_mbid, release_group_mbid, artist_mbids)
    return None

"""Spotify's extended streaming history: its ZIP archive, the folder unpacked, one file of it, and the older endsong_*.

row: {"ts": "2024-02-03T10:11:12Z", "ms_played": ms, "master_metadata_track_name", "master_metadata_album_artist_name",
"master_metadata_album_album_name", "spotify_track_uri", "reason_end", "skipped", "incognito_mode", ...}

A row is a play if music was heard for 30 seconds, or to its end, or if the row does not tell (ListenBrainz counts
likewise). `ts` is when the stream ended; with `Rules.spotify_time` "start" it becomes when it began. The artist is the
album's, the only one there is. Rows repeated in other files of the same history are the same plays to whoever stores
them. Nothing personal (address, user name, agent) is read.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from producers.exports.credits import credited
from producers.exports.entries import NotWanted
from producers.exports.foreign import spotify_track
from producers.exports.json_rows import json_rows
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head, in_rows, outline
from producers.exports.rows import (
    Refused,
    epoch,
    iso_epoch,
    make_track,
    milliseconds,
    name_of,
    number,
    outcomes,
    truth,
    within,
)
from producers.exports.streams import HEAD_BYTES
from schemas.listen import EARLIEST, MAX_MS, Ids, Listen, Reason, Skipped, Track

_LONG_ENOUGH_MS = 30_000
# `ts` and `offline_timestamp` are cut off to seconds, each for itself.
_ROUNDING_SECONDS = 2
# Rows of films about music have the fields of music: only the member tells them apart.
_OF_VIDEOS = re.compile(r"(?:.*/)?(?:streaming_history_video|endvideo)[^/]*", re.IGNORECASE | re.DOTALL)
_ACCOUNT_DATA_HINT = (
    "Ask for the extended streaming history at spotify.com/account/privacy: it has all years, with albums."
)


def recognises(head: Head) -> bool:
    """Rows with the names or the time of a stream; and account data, which `read` refuses in words."""
    seen = in_rows(head.outline)
    return ("ts" in seen and not seen.isdisjoint({"master_metadata_track_name", "ms_played"})) or _is_account_data(head)


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row, numbered from 1.

    Raises DataFault where the JSON ends or breaks, and for account data, which has neither albums nor ids nor seconds.
    """
    start = source.stream.peek()[:HEAD_BYTES]
    if _is_account_data(Head(start, outline(start))):
        raise NotWanted(f"{source.label} is Spotify's account data, which holds only the last year", _ACCOUNT_DATA_HINT)
    of_videos = _OF_VIDEOS.fullmatch(source.name)
    return outcomes(source, json_rows(source, row=_Row), _video if of_videos else _listen)


def _is_account_data(head: Head) -> bool:
    seen = in_rows(head.outline)
    return "msPlayed" in seen and not seen.isdisjoint({"endTime", "trackName"})


class _Row(msgspec.Struct, gc=False):
    """What is read of a row; everything else, and so everything personal, is left behind."""

    ts: Any = msgspec.UNSET
    ms_played: Any = None
    master_metadata_track_name: Any = None
    master_metadata_album_artist_name: Any = None
    master_metadata_album_album_name: Any = None
    spotify_track_uri: Any = None
    episode_name: Any = None
    episode_show_name: Any = None
    spotify_episode_uri: Any = None
    audiobook_title: Any = None
    audiobook_uri: Any = None
    audiobook_chapter_uri: Any = None
    reason_end: Any = None
    skipped: Any = None
    offline_timestamp: Any = None
    incognito_mode: Any = None


def _video(row: object, rules: Rules) -> Listen:
    _listen(row, rules)
    raise Refused("video")


def _listen(row: object, rules: Rules) -> Listen:
    if not isinstance(row, _Row):
        row = _as_row(row)
    if row.ts is msgspec.UNSET:
        raise Refused("malformed_row")
    artist, title = row.master_metadata_album_artist_name, row.master_metadata_track_name
    if type(artist) is not str or type(title) is not str:
        artist, title = name_of(artist), name_of(title)
    if not artist or not title:
        raise Refused(_why_nameless(row))
    if row.incognito_mode is not False and truth(row.incognito_mode):
        raise Refused("incognito")
    told = row.ms_played
    played_ms = told if type(told) is int and _LONG_ENOUGH_MS <= told <= MAX_MS else _played_ms(row)
    listened_at = iso_epoch(row.ts)
    if rules.spotify_time == "start":
        listened_at = _started(row.offline_timestamp, listened_at, played_ms)
    known = _track(artist, title, row.master_metadata_album_album_name, row.spotify_track_uri)
    return Listen(within(listened_at, rules), known, played_ms)


def _as_row(row: object) -> _Row:
    if not isinstance(row, dict):
        raise Refused("malformed_row")
    return _Row(**{field: row[field] for field in _Row.__struct_fields__ if field in row})


def _why_nameless(row: _Row) -> Reason:
    if row.episode_name or row.episode_show_name or row.spotify_episode_uri:
        return "podcast"
    return "audiobook" if row.audiobook_title or row.audiobook_uri or row.audiobook_chapter_uri else "no_metadata"


def _played_ms(row: _Row) -> int | None:
    """How long it was heard, None where that is not known. Raises Refused: short_play, malformed_row."""
    if row.ms_played is None:
        if row.reason_end is None:
            return None
        raise Refused("short_play")
    told = number(row.ms_played)
    if told is None or told > MAX_MS:
        raise Refused("malformed_row")
    played = milliseconds(told)
    if played and (played >= _LONG_ENOUGH_MS or (_is_to_the_end(row.reason_end) and not truth(row.skipped))):
        return played
    raise Refused("short_play")


def _is_to_the_end(reason: object) -> bool:
    if reason is not None and not isinstance(reason, str):
        raise Refused("malformed_row")
    return reason == "trackdone"


def _started(offline_timestamp: object, ended: int, played_ms: int | None) -> int:
    """When the stream began: as Spotify noted it, in seconds or milliseconds, unless that is after what must be."""
    latest = ended - (played_ms or 0) // 1_000
    try:
        noted = epoch(offline_timestamp)
    except Refused:
        return latest
    return noted if EARLIEST <= noted <= latest + _ROUNDING_SECONDS else latest


def _track(artist: str, title: str, album: object, uri: object) -> Track:
    artists = credited((artist,), title)
    known = spotify_track(uri)
    return make_track(
        artists, title, album, artists[0] if artists else None, None, Ids(spotify_track=known) if known else None
    )

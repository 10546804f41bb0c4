"""Last.fm: pages of recent tracks as its API answers and as exporters save them, one or many, wrapped or bare.

row: {"name": "T", "artist": {"#text": "A", "mbid": ""}, "album": {"#text": "LP", "mbid": ""}, "mbid": "",
"date": {"uts": "1700000002", "#text": "14 Nov 2023, 22:13"}}

The row of what is playing has no date. Last.fm's ids are its own guess at what was played, often of another entity, so
they are passed on as mapped ids. Rows that an exporter repeats where pages meet are the same plays to whoever stores
them.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from producers.exports.credits import credited
from producers.exports.entries import NotWanted
from producers.exports.foreign import ids, mbid, mbids_of
from producers.exports.json_rows import json_rows
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head, Outline, in_rows, outline
from producers.exports.rows import Refused, Scalar, epoch_seconds, make_track, name_of, outcomes, text, within
from producers.exports.streams import HEAD_BYTES
from schemas.listen import Listen, Skipped, Track

_AROUND = ("recenttracks", "track", "scrobbles")
_STATS_ROW = {"track", "artist", "date"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_OTHER_LISTS = {
    "lovedtracks": "loved tracks",
    "toptracks": "most played tracks",
    "weeklytrackchart": "most played tracks",
}
_OTHER_LIST_HINT = (
    "Export the recent tracks, also called scrobbles: only they say when each track was played."
    " If they are in this file too, move them to one of their own."
)
_WRITTEN = re.compile(r"\s*(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4}),? (\d{1,2}):(\d{2})\s*", re.ASCII)


def recognises(head: Head) -> bool:
    """Rows with a title and an artist or an album, an empty page, or another list of tracks, which `read` refuses."""
    pages = in_rows(head.outline, "recenttracks")
    if pages >= {"track", "@attr.totalPages"} or in_rows(head.outline, "scrobbles") >= _STATS_ROW:
        return True
    rows = in_rows(head.outline, *_AROUND)
    is_row = "name" in rows and not rows.isdisjoint({"artist.#text", "album.#text"})
    return is_row or _other_list(head.outline) is not None


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row of all pages, numbered from 1.

    Raises DataFault where the JSON ends or breaks, and for a list of tracks that are no plays, such as loved ones.
    """
    if other := _other_list(outline(source.stream.peek()[:HEAD_BYTES])):
        raise NotWanted(f"{source.label} is Last.fm's list of {other}, not of plays", _OTHER_LIST_HINT)
    return outcomes(source, json_rows(source, *_AROUND, row=_Row), _listen)


def _other_list(seen: Outline) -> str | None:
    """What the tracks are where none that is to be seen is a play: `_play_of` decides the same for one row."""
    rows = in_rows(seen, *_AROUND, *_OTHER_LISTS)
    if "name" not in rows or "artist" not in rows:
        return None
    for key, what in _OTHER_LISTS.items():
        if f"{key}.track" in seen:
            return what
    if "date" not in rows:
        return "most played tracks" if "playcount" in rows else None
    return "loved tracks" if "artist.name" in rows and rows.isdisjoint({"album", "artist.#text"}) else None


def written_epoch(written: str) -> int:
    """Seconds of a time such as 14 Nov 2023, 22:13, which is UTC. Raises Refused("bad_time")."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise Refused("bad_time")
    day, month, year, hour, minute = found.groups()
    try:
        moment = datetime(int(year), _MONTHS.index(month.lower()) + 1, int(day), int(hour), int(minute), tzinfo=UTC)
    except ValueError:
        raise Refused("bad_time") from None
    return int(moment.timestamp())


class _Entity(msgspec.Struct, gc=False, rename={"written": "#text"}):
    """The artist or the album; the API's extended answers have the artist's name as `name`."""

    written: str | None = None
    name: str | None = None
    mbid: str | None = None


class _Date(msgspec.Struct, gc=False, rename={"written": "#text"}):
    uts: Scalar = None
    written: str | None = None


class _Row(msgspec.Struct, gc=False):
    """A row as Last.fm writes it; `_tidied` makes one of what others have made of such rows."""

    name: str
    artist: _Entity
    album: _Entity | msgspec.UnsetType | None = msgspec.UNSET
    date: _Date | None = None
    mbid: str | None = None
    playcount: Any = None


_NO_DATE = _Date()
_NOBODY = _Entity()


def _listen(row: object, rules: Rules) -> Listen:
    if not isinstance(row, _Row):
        row = _tidied(row)
    artist, album, date = row.artist, row.album or _NOBODY, row.date or _NO_DATE
    if row.album is msgspec.UNSET and artist.name and artist.written is None:
        raise Refused("not_a_play")  # a loved track, whose time is that of loving it
    listened_at = _second(date, rules, row.playcount)
    known = lastfm_track(artist.written or artist.name, row.name, album.written, row.mbid, album.mbid, artist.mbid)
    return Listen(listened_at, known)


def _second(date: _Date, rules: Rules, playcount: object) -> int:
    if date.uts not in {None, ""}:
        return epoch_seconds(date.uts, rules)
    if date.written:
        return within(written_epoch(date.written), rules)
    raise Refused("now_playing" if playcount is None else "not_a_play")


def lastfm_track(
    artist: str | None,
    title: str | None,
    album: str | None,
    recording_mbid: str | None,
    release_mbid: str | None,
    artist_mbid: str | None,
) -> Track:
    """A track from what Last.fm calls it, each of which may be empty. Raises what make_track raises."""
    artists = credited((artist,) if artist else (), title or "")
    guess = ids(
        mbid(recording_mbid),
        release_mbid=mbid(release_mbid) if album else None,
        artist_mbids=mbids_of(artists, (artist_mbid or "",)),
    )
    return make_track(artists, title, album, None, None, mapped_ids=guess)


def _tidied(row: object) -> _Row:
    if not isinstance(row, dict) or row.keys().isdisjoint({"name", "artist"}):
        raise Refused("malformed_row")
    return _Row(
        name_of(row["name"] if "name" in row else row.get("track")),
        _tidied_entity(row.get("artist")),
        _tidied_entity(row["album"]) if "album" in row else msgspec.UNSET,
        _tidied_date(row.get("date")),
        text(row.get("mbid")),
        row.get("playcount"),
    )


def _tidied_entity(entity: Any) -> _Entity:
    if isinstance(entity, dict):
        written, name = (name_of(entity.get(key)) for key in ("#text", "name"))
        return _Entity(written if "#text" in entity else None, name, text(entity.get("mbid")))
    return _Entity(name_of(entity))


def _tidied_date(date: Any) -> _Date:
    told = date if isinstance(date, dict) else {"uts": date or None}
    uts, written = told.get("uts"), told.get("#text")
    if any(isinstance(value, bool | list | dict) for value in (uts, written)):
        raise Refused("bad_time")
    return _Date(uts, None if written is None else str(written))

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
from producers.exports.foreign import ids, mbid, mbids_of
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head
from producers.exports.pages import page_rows
from producers.exports.rows import Refused, epoch_seconds, make_track, outcomes, text, within
from schemas.listen import Listen, Skipped, Track

_CONTAINERS = ("", "item.", "track.", "track.item.", "item.track.", "item.track.item.")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN = re.compile(r"\s*(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4}),? (\d{1,2}):(\d{2})\s*", re.ASCII)


def recognises(head: Head) -> bool:
    """Rows with a title and an artist or album written as loved tracks do not write them; or an empty page."""
    seen = {path.replace("recenttracks.", "") for path in head.outline}
    if any(f"{page}track" in seen and f"{page}@attr.totalPages" in seen for page in ("", "item.")):
        return True
    return any(
        f"{row}name" in seen and not seen.isdisjoint({f"{row}artist.#text", f"{row}album.#text"}) for row in _CONTAINERS
    )


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row of all pages, numbered from 1. Raises DataFault where the JSON ends or breaks."""
    return outcomes(source, page_rows(source, _Row), _listen)


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
    uts: int | str | None = None
    written: str | None = None


class _Row(msgspec.Struct, gc=False):
    """A row as Last.fm writes it; `_tidied` makes one of what others have made of such rows."""

    name: str
    artist: _Entity
    album: _Entity | None = None
    date: _Date | None = None
    mbid: str | None = None


_NO_DATE = _Date()
_NOBODY = _Entity()


def _listen(row: object, rules: Rules) -> Listen:
    if not isinstance(row, _Row):
        row = _tidied(row)
    artist, album = row.artist, row.album or _NOBODY
    listened_at = _second(row.date or _NO_DATE, rules)
    known = lastfm_track(artist.written or artist.name, row.name, album.written, row.mbid, album.mbid, artist.mbid)
    return Listen(listened_at, known)


def _second(date: _Date, rules: Rules) -> int:
    if date.uts:
        return epoch_seconds(date.uts, rules)
    if date.written:
        return within(written_epoch(date.written), rules)
    raise Refused("now_playing")


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
    date = row.get("date")
    told = date if isinstance(date, dict) else {"uts": date}
    uts = told.get("uts")
    return _Row(
        text(row.get("name")) or "",
        _tidied_entity(row.get("artist")),
        _tidied_entity(row.get("album")),
        _Date(uts if isinstance(uts, int | str) else None, text(told.get("#text"))),
        text(row.get("mbid")),
    )


def _tidied_entity(entity: Any) -> _Entity:
    if isinstance(entity, dict):
        return _Entity(*(text(entity.get(key)) for key in ("#text", "name", "mbid")))
    return _Entity(text(entity))

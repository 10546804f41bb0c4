"""Maloja: the file of its export button, what its older command wrote, and saved answers of its API.

{"maloja": {"export_time": 1}, "scrobbles": [row, …]}     {"scrobbles": [row, …]}     {"status": "ok", "list": [row, …]}

row: {"time": s, "track": {"artists": [...], "title": "...", "album": null | {"albumtitle", "artists"}, "length": s},
"duration": s}. Maloja lists the artists of a track in the order of its database, which says nothing about who comes
first, though it stays the same for one library. So the primary artist is the album artist among them, else the first
of a joined name ("A • B"), and only else the first of the list.
"""

from collections.abc import Iterator

import msgspec

from producers.exports.credits import credited, is_joined
from producers.exports.json_rows import json_rows
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head, in_rows
from producers.exports.rows import (
    Refused,
    Scalar,
    epoch_seconds,
    make_track,
    milliseconds,
    name_of,
    names_of,
    outcomes,
    scalar,
)
from schemas.identity import normalise
from schemas.listen import Listen, Skipped, Track

_SECOND = 1_000
_LISTS = ("scrobbles", "list")
_EMPTY = ({"scrobbles"}, {"status", "list", "pagination"})


def recognises(head: Head) -> bool:
    """Rows that have a time and a track with title or artists; or one of the objects around them, without rows."""
    outline = head.outline
    seen = in_rows(outline, *_LISTS)
    if "time" in seen and not seen.isdisjoint({"track.title", "track.artists"}):
        return True
    rowless = outline.isdisjoint({"scrobbles.item", "list.item"})
    return {"maloja", "scrobbles"} <= outline or (rowless and any(empty <= outline for empty in _EMPTY))


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row, numbered from 1. Raises DataFault where the JSON ends or breaks."""
    return outcomes(source, json_rows(source, *_LISTS, row=Row), listen_of)


class Album(msgspec.Struct, gc=False):
    """An album; files that others wrote call its title `name`."""

    albumtitle: str | None = None
    name: str | None = None
    artists: tuple[str, ...] | None = None


class Song(msgspec.Struct, gc=False):
    """A track, its length in seconds."""

    artists: tuple[str, ...] | None = None
    title: str | None = None
    album: Album | None = None
    length: Scalar = None


class Row(msgspec.Struct, gc=False):
    """A row as Maloja writes it; `_tidied` makes one of what others have made of such rows."""

    time: int
    track: Song
    duration: Scalar = None


_NO_ALBUM = Album()


def listen_of(row: object, rules: Rules) -> Listen:
    """The listen of a row, be it a Row or what JSON makes of one. Raises Refused."""
    if not isinstance(row, Row):
        return listen_of(_tidied(row, rules), rules)
    listened_at = epoch_seconds(row.time, rules)
    track = row.track
    album = track.album or _NO_ALBUM
    known = _track(track.artists, track.title, album.albumtitle or album.name, album.artists, track.length)
    return Listen(listened_at, known, None if row.duration is None else milliseconds(row.duration, _SECOND))


def _tidied(row: object, rules: Rules) -> Row:
    if not isinstance(row, dict) or not isinstance(track := row.get("track"), dict):
        raise Refused("malformed_row")
    album = track.get("album")
    if not isinstance(album, dict):
        album = {"albumtitle": album}
    title, name = (name_of(album.get(key)) for key in ("albumtitle", "name"))
    return Row(
        epoch_seconds(row.get("time"), rules),
        Song(
            names_of(track.get("artists")),
            name_of(track.get("title")),
            Album(title, name, names_of(album.get("artists"))),
            scalar(track.get("length")),
        ),
        scalar(row.get("duration")),
    )


def _track(
    artists: tuple[str, ...] | None,
    title: str | None,
    album: str | None,
    album_artists: tuple[str, ...] | None,
    length: float | str | None,
) -> Track:
    everyone = credited(_ordered(artists or ()), title or "")
    of_album = everyone if album_artists == artists == everyone else credited(_ordered(album_artists or ()))
    duration_ms = milliseconds(length, _SECOND)
    return make_track(_primary_first(everyone, of_album), title, album, of_album[0] if of_album else None, duration_ms)


def _ordered(names: tuple[str, ...]) -> list[str]:
    return list(names) if len(names) == 1 else sorted(names, key=lambda name: not is_joined(name))


def _primary_first(artists: tuple[str, ...], of_album: tuple[str, ...]) -> tuple[str, ...]:
    if len(artists) == 1 or not of_album:
        return artists
    by_identity = {normalise(name): name for name in artists}
    for name in map(normalise, of_album):
        if name in by_identity:
            primary = by_identity.pop(name)
            return (primary, *by_identity.values())
    return artists

"""Koito: the JSON of its export, of every version.

{"version": "1", "exported_at": "…Z", "user": "…", "listens": [row, …]}

row: {"listened_at": "2024-01-02T03:04:05Z", "track": {"mbid", "duration": s, "aliases": […]}, "album": {"mbid",
"various_artists", "aliases": […]}, "artists": [{"mbid", "is_primary", "aliases": […]}]}. An entity has no name but its
aliases, {"alias": "…", "is_primary": true}: the primary one is the name, the others are passed on as such. Older files
mark no artist as primary; there the first one of the list is. Koito gives a single without an album one of its own
name, which nothing tells from a real one; in a file that we wrote for Koito such an album is marked "invented": true,
and is none.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import TypeAlias

import msgspec

from producers.exports.alias import AlbumName, Alias, ArtistName, TrackName
from producers.exports.credits import credited
from producers.exports.foreign import ids, mbid
from producers.exports.json_rows import json_rows
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head, in_rows
from producers.exports.rows import (
    Refused,
    Scalar,
    clean,
    iso_epoch,
    make_track,
    milliseconds,
    name_of,
    outcomes,
    scalar,
    text,
    truth,
    within,
)
from schemas.identity import normalise
from schemas.listen import Listen, Skipped, Track

_SECOND = 1_000
_REMEMBERED = 8_192
_VARIOUS = "Various Artists"
# Koito puts the name of the person into its JSON as it is: behind a quote in it, nothing is JSON until the listens.
_HEADERS = ({"version", "exported_at", "listens"}, {"version", "exported_at", "user"})


class _Name(msgspec.Struct, frozen=True, gc=False):
    alias: str
    is_primary: bool = False


class _Entity(msgspec.Struct, frozen=True, gc=False):
    aliases: tuple[_Name, ...] | None = None
    mbid: str | None = None


class _Song(_Entity, frozen=True, gc=False):
    duration: Scalar = None


class _Album(_Entity, frozen=True, gc=False):
    various_artists: bool = False
    invented: bool = False


class _Artist(_Entity, frozen=True, gc=False):
    is_primary: bool = False


class _Row(msgspec.Struct, gc=False):
    """A row as Koito writes it; `_tidied` makes one of what others have made of such rows."""

    listened_at: str
    track: _Song
    artists: tuple[_Artist, ...] | None = None
    album: _Album | None = None


_MakeTrack: TypeAlias = Callable[[_Song, _Album | None, tuple[_Artist, ...]], Track]
_NO_ALBUM = _Album()


def recognises(head: Head) -> bool:
    """The object around the listens; or listens whose track or artists have aliases, whatever is around them."""
    seen = in_rows(head.outline, "listens")
    in_row = "listened_at" in seen and not seen.isdisjoint({"track.aliases", "artists"})
    return in_row or any(head.outline >= header for header in _HEADERS)


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row, numbered from 1. Raises DataFault where the JSON ends or breaks."""
    # A library repeats its tracks. Remembered for this export alone, for it is to tell its aliases itself.
    make: _MakeTrack = lru_cache(_REMEMBERED)(partial(_track, source.aliases))
    return outcomes(source, json_rows(source, "listens", row=_Row), partial(_listen, make))


def _listen(make: _MakeTrack, row: object, rules: Rules) -> Listen:
    known = row if isinstance(row, _Row) else _tidied(row)
    listened_at = within(iso_epoch(known.listened_at), rules)
    return Listen(listened_at, make(known.track, known.album, known.artists or ()))


def _track(aliases: set[Alias] | None, song: _Song, album: _Album | None, artists: tuple[_Artist, ...]) -> Track:
    album = _NO_ALBUM if album is None or album.invented else album
    title, *other_titles = _names(song) or ("",)
    release, *other_releases = _names(album) or ("",)
    ordered = sorted(artists, key=lambda artist: not artist.is_primary)
    named = {names[0]: (names[1:], artist.mbid) for artist in ordered if (names := _names(artist))}
    everyone = credited(named, title)
    mbids = tuple(mbid(named[name][1]) or "" if name in named else "" for name in everyone)
    known = ids(
        mbid(song.mbid), release_mbid=mbid(album.mbid) if release else None, artist_mbids=mbids if any(mbids) else ()
    )
    owner = _VARIOUS if album.various_artists else None
    track = make_track(everyone, title, release, owner, milliseconds(song.duration, _SECOND), known)
    if aliases is not None:
        primary = everyone[0]
        for name in everyone:
            aliases.update(Alias(ArtistName(other), ArtistName(name)) for other in named.get(name, ((),))[0])
        album_name = AlbumName(owner or primary, release)
        aliases.update(Alias(AlbumName(album_name.artist, other), album_name) for other in other_releases)
        track_name = TrackName(primary, title, release, owner if owner and release else "")
        aliases.update(Alias(track_name._replace(title=other), track_name) for other in other_titles)
    return track


def _names(entity: _Entity) -> tuple[str, ...]:
    """The name of an entity, then its other names; "" is the name of none. Raises Refused("too_long")."""
    given = sorted(entity.aliases or (), key=lambda name: not name.is_primary)
    names: dict[str, str] = {}
    for number, name in enumerate(given):
        try:
            cleaned = clean(name.alias)
        except Refused:
            # Too long: without its name there is no play, another one is not missed.
            if number == 0:
                raise
            continue
        if cleaned:
            names.setdefault(normalise(cleaned), cleaned)
    return tuple(names.values())


def _tidied(row: object) -> _Row:
    if not isinstance(row, dict) or not isinstance(track := row.get("track"), dict):
        raise Refused("malformed_row")
    album, artists = row.get("album"), row.get("artists")
    return _Row(
        text(row.get("listened_at")) or "",
        _Song(_tidied_names(track), text(track.get("mbid")), scalar(track.get("duration"))),
        tuple(
            _Artist(_tidied_names(artist), text(artist.get("mbid")), truth(artist.get("is_primary")))
            for artist in (artists if isinstance(artists, list) else ())
            if isinstance(artist, dict)
        ),
        _Album(
            _tidied_names(album),
            text(album.get("mbid")),
            truth(album.get("various_artists")),
            truth(album.get("invented")),
        )
        if isinstance(album, dict)
        else None,
    )


def _tidied_names(entity: dict[str, object]) -> tuple[_Name, ...]:
    given = entity.get("aliases")
    return tuple(
        _Name(name, truth(one.get("is_primary")))
        for one in (given if isinstance(given, list) else ())
        if isinstance(one, dict) and (name := name_of(one.get("alias")))
    )

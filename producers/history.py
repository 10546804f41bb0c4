"""A person's plays, out of Postgres and into a file, in the order of time; of one moment, also while workers run."""

import time
from collections.abc import Collection
from typing import BinaryIO, NamedTuple
from uuid import UUID

import psycopg

import sql
from producers.exports.alias import AlbumName, Alias, ArtistName, EntityName, TrackName
from producers.exports.writing import Others, Writer
from schemas.identity import normalise
from schemas.listen import MAX_ARTISTS, Ids, Track

_PLAYS = 10_000
# Tracks that are kept encoded: at most as many, and those of one step. About 1 kB each.
_KNOWN = 20_000
_NAMES: dict[str, type[EntityName]] = {"artist": ArtistName, "album": AlbumName, "track": TrackName}


def write_history(connection: psycopg.Connection, user: tuple[int, str], writer: Writer, out: BinaryIO) -> int:
    """Write all plays of a person, given by id and name, and return their number. Raises psycopg.Error, OSError."""
    person, name = user
    written = 0
    known: dict[bytes, bytes] = {}
    with connection.transaction():
        connection.execute(sql.read("one_snapshot"))
        out.write(writer.head(name, int(time.time())))
        with connection.cursor("history", binary=True) as plays:
            plays.execute(sql.read("history"), {"user": person})
            while rows := plays.fetchmany(_PLAYS):
                wanted = dict.fromkeys(track for _, track, _ in rows)
                if len(known) + len(wanted) > _KNOWN:
                    known.clear()
                _learn(connection, person, writer, [track for track in wanted if track not in known], known, out)
                if written:
                    out.write(writer.between)
                lines = [writer.play(at, known[track], played_ms) for at, track, played_ms in rows]
                out.write(writer.between.join(lines))
                written += len(rows)
        out.write(writer.tail)
    return written


class _Found(NamedTuple):
    """A track as the database tells it; guests in order."""

    wanted: bytes
    track: UUID
    guests: list[UUID]
    guest_names: list[str]
    artist: UUID
    artist_name: str
    title: str
    album: UUID | None
    album_title: str | None
    owner: UUID | None
    album_artist: str | None
    duration_ms: int | None

    def entities(self) -> set[UUID]:
        """Whatever a play of it leads to."""
        return {id_ for id_ in (self.track, self.artist, *self.guests, self.album, self.owner) if id_}


def _learn(
    connection: psycopg.Connection,
    person: int,
    writer: Writer,
    wanted: list[bytes],
    known: dict[bytes, bytes],
    out: BinaryIO,
) -> None:
    """Encode tracks; write the other names of what they are about where the format has lines of their own for them."""
    if not wanted:
        return
    found = _found(connection, [UUID(bytes=track) for track in wanted], merged=writer.merged)
    entities = set().union(*(one.entities() for one in found))
    ids: dict[tuple[UUID, bool], dict[str, str]] = {}
    for entity, mapped, kind, value in connection.execute(
        sql.read("history_ids"), {"ids": list(entities), "user": person}
    ):
        ids.setdefault((entity, mapped), {})[kind] = value
    others: dict[UUID, list[str]] = {}
    for alias, stands_for in _aliases(connection, entities).items():
        if writer.alias:
            out.write(writer.alias(alias))
        # Of a track only another title of it: its artist and its album have other names of their own.
        own, named = alias.written[-1], alias.stands_for[-1]
        if isinstance(alias.written, TrackName) and isinstance(alias.stands_for, TrackName):
            own, named = alias.written.title, alias.stands_for.title
        if normalise(own) != normalise(named):
            others.setdefault(stands_for, []).append(own)
    for one in found:
        known[one.wanted] = writer.track(*_track(one, ids, others))


def _track(
    one: _Found, ids: dict[tuple[UUID, bool], dict[str, str]], others: dict[UUID, list[str]]
) -> tuple[Track, Others]:
    artists = {one.artist: one.artist_name, **dict(zip(one.guests, one.guest_names, strict=True))}
    credits_ = dict(list(artists.items())[:MAX_ARTISTS])
    own, mapped = (_ids(one, list(credits_), ids, mapped) for mapped in (False, True))
    track = Track(tuple(credits_.values()), one.title, one.album_title, one.album_artist, one.duration_ms, own, mapped)
    names = (tuple(others.get(artist, ())) for artist in credits_)
    albums = tuple(others.get(one.album, ())) if one.album else ()
    return track, Others(tuple(others.get(one.track, ())), albums, tuple(names))


def _ids(one: _Found, artists: list[UUID], ids: dict[tuple[UUID, bool], dict[str, str]], mapped: bool) -> Ids | None:
    stated = ids.get((one.track, mapped), {}) | (ids.get((one.album, mapped), {}) if one.album else {})
    mbids = [ids.get((artist, mapped), {}).get("artist_mbid", "") for artist in artists]
    return Ids(**stated, artist_mbids=tuple(mbids) if any(mbids) else ()) if stated or any(mbids) else None


def _found(connection: psycopg.Connection, tracks: list[UUID], *, merged: bool) -> list[_Found]:
    values = {"ids": tracks, "merged": merged}
    return [_Found(*row) for row in connection.execute(sql.read("history_tracks"), values, binary=True)]


def _aliases(connection: psycopg.Connection, entities: Collection[UUID]) -> dict[Alias, UUID]:
    """Each with the id of the entity it stands for; also those of what the names themselves lead to."""
    found: dict[Alias, UUID] = {}
    seen, fresh = {*entities}, {*entities}
    while fresh:
        led: set[UUID] = set()
        rows = connection.execute(sql.read("history_aliases"), {"ids": list(fresh)})
        for kind, written, named, stands_for, leads_to in rows:
            found[Alias(_NAMES[kind](*written), _NAMES[kind](*named))] = stands_for
            led.update(leads_to)
        fresh = led - seen
        seen |= fresh
    return found

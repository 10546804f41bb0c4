"""Other names of artists, albums and tracks, as rows that stand for the entity they name.

An alias is an entity row of its own whose `same_as` is the entity: plays under either name stay as they were written,
and are shown as one. Both rows are made where they are missing, by the statements with which the consumers make them,
so it does not matter who comes first.

What stands is not changed: an entity that stands for another one already, by an earlier alias or by the decision of a
person, keeps that. Where an alias is the name of an entity that others stand for, these go along with it; and one for
a name that stands for another itself leads to that one: `same_as` is never longer than one step.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias
from uuid import UUID

import psycopg

import sql
from producers.exports.alias import AlbumName, Alias, ArtistName, EntityName, TrackName
from schemas.identity import album_id, artist_id, normalise, spelling_rank, track_id

_Row: TypeAlias = tuple[object, ...]
_Redirections: TypeAlias = Mapping[UUID, UUID | None]

# In this order: an album names its artist, a track its album.
_STAGES = {"artist": "stage_artists", "album": "stage_albums", "track": "stage_tracks"}
_INSERTS = {"artist": "insert_artists", "album": "insert_albums", "track": "insert_tracks"}
_REDIRECTS = {ArtistName: "redirect_artist", AlbumName: "redirect_album", TrackName: "redirect_track"}


def store_aliases(connection: psycopg.Connection, aliases: Collection[Alias]) -> None:
    """Store them; the same ones again change nothing. Raises psycopg.Error; what is stored then may be a part."""
    if not aliases:
        return
    entities = _Entities()
    # Sorted, so that of two claims to one name the same one wins whatever the order of a set is.
    pairs = sorted((entities.id_of(alias.written), entities.id_of(alias.stands_for), alias) for alias in aliases)
    with connection.transaction():
        entities.insert(connection)
    # The consumers lock artists before albums before tracks: so that nobody waits in a circle, each kind of entity is
    # a transaction of its own, and within it they are taken in the order of their ids.
    for kind, statement in _REDIRECTS.items():
        wanted = [(written, stands_for) for written, stands_for, alias in pairs if isinstance(alias.written, kind)]
        if wanted:
            with connection.transaction():
                connection.execute(sql.read("lock_redirections"))
                ids = sorted({id_ for pair in wanted for id_ in pair})
                current: dict[UUID, UUID | None] = dict(connection.execute(sql.read("redirections"), {"ids": ids}))
                changed = sorted(_redirected(current, wanted).items())
                values = [{"id": id_, "same_as": same_as} for id_, same_as in changed]
                connection.cursor().executemany(sql.read(statement), values)


def _redirected(current: _Redirections, wanted: Iterable[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """Which entities stand for another one afterwards, of those for which that changes."""
    changed: dict[UUID, UUID] = {}
    followers: dict[UUID, set[UUID]] = defaultdict(set)
    for id_, same_as in current.items():
        if same_as:
            followers[same_as].add(id_)
    for written, named in wanted:
        stands_for = changed.get(named) or current[named] or named
        if written in changed or current[written] or stands_for == written:
            continue
        for follower in (written, *followers.pop(written, ())):
            changed[follower] = stands_for
            followers[stands_for].add(follower)
    return changed


class _Entities:
    """The rows of named entities, as the consumers would make them."""

    def __init__(self) -> None:
        self._artists: dict[bytes, tuple[int, str]] = {}
        self._albums: dict[bytes, tuple[tuple[int, str], bytes]] = {}
        self._tracks: dict[bytes, tuple[tuple[int, str], bytes, tuple[int, bytes] | None]] = {}

    def id_of(self, name: EntityName) -> UUID:
        if isinstance(name, ArtistName):
            return UUID(bytes=self._artist(name.name))
        if isinstance(name, AlbumName):
            return UUID(bytes=self._album(name.artist, name.title))
        return UUID(bytes=self._track(name))

    def _artist(self, name: str) -> bytes:
        made = artist_id(normalise(name))
        self._artists[made] = min(_spelling(name), self._artists.get(made, _spelling(name)))
        return made

    def _album(self, artist: str, title: str) -> bytes:
        made = album_id(normalise(artist), normalise(title))
        row = (_spelling(title), self._artist(artist))
        self._albums[made] = min(row, self._albums.get(made, row))
        return made

    def _track(self, name: TrackName) -> bytes:
        made = track_id(normalise(name.artist), normalise(name.title), normalise(name.album))
        album = None
        if name.album:
            album = (int(not name.album_artist), self._album(name.album_artist or name.artist, name.album))
        spelling, artist = _spelling(name.title), self._artist(name.artist)
        known = self._tracks.get(made)
        if known:
            spelling, album = min(spelling, known[0]), min(album, known[2]) if album and known[2] else album
        self._tracks[made] = spelling, artist, album
        return made

    def insert(self, connection: psycopg.Connection) -> None:
        rows: dict[str, list[_Row]] = {
            "artist": [(UUID(bytes=made), name, rank) for made, (rank, name) in self._artists.items()],
            "album": [
                (UUID(bytes=made), name, rank, UUID(bytes=artist))
                for made, ((rank, name), artist) in self._albums.items()
            ],
            "track": [
                (
                    UUID(bytes=made),
                    name,
                    rank,
                    UUID(bytes=artist),
                    album and UUID(bytes=album[1]),
                    album[0] if album else 0,
                )
                for made, ((rank, name), artist, album) in self._tracks.items()
            ],
        }
        columns = {"artist": "", "album": ", artist_id", "track": ", artist_id, album_id, album_guessed"}
        for kind, statement in _STAGES.items():
            connection.execute(sql.read(statement))
            copied = f"copy staged_{kind} (id, name, name_rank{columns[kind]}) from stdin"
            with connection.cursor().copy(copied.encode()) as copy:
                for row in rows[kind]:
                    copy.write_row(row)
        for statement in _INSERTS.values():
            connection.execute(sql.read(statement))


def _spelling(name: str) -> tuple[int, str]:
    return spelling_rank(name), name

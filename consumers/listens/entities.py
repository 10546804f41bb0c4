"""Artists, albums and tracks of spellings that this worker has not stored yet.

Most plays repeat a spelling: for them a dictionary look-up is all that happens. Only an unseen one is validated,
normalised and hashed, and becomes rows. What a worker has seen stored may be trusted for ever, because entity rows are
never deleted; the memory of it is still bounded, and goes with the connection (a failover may have undone the rows).
"""

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias
from unicodedata import normalize

import msgspec

from consumers.listens import rows
from consumers.listens.foreign_ids import foreign_ids
from schemas.identity import album_id, artist_id, normalise, spelling_rank, track_id
from schemas.listen import Track

# About 300 bytes a spelling, 500 with ids. Larger libraries than this only cost their rare tracks a look-up by index.
KNOWN_SPELLINGS = 100_000

# A track as sent, alone or, where it carries ids, with the source that states them.
Met: TypeAlias = bytes | tuple[bytes, int]

# How JSON writes it; seldom there, so that one look at the bytes spares four at the names.
_ESCAPED_NUL = b"\\u0000"
_decode_track = msgspec.json.Decoder(Track).decode


class UnstorableTrackError(ValueError):
    """A track whose names leave nothing to identify it by, or cannot be kept in a Postgres text."""


class Known:
    """Spellings whose rows are committed: a track as it was met, to its id; and names of artists and albums."""

    def __init__(self) -> None:
        self.tracks: dict[Met, bytes] = {}
        self.names: set[str | tuple[str, str]] = set()

    def add(self, unseen: "Unseen") -> None:
        """Remember what has just been committed."""
        for memory, fresh in ((self.tracks, unseen.spellings), (self.names, unseen.names)):
            if len(memory) + len(fresh) > KNOWN_SPELLINGS:
                memory.clear()
            memory.update(fresh)  # type: ignore[arg-type]


class Spelling(NamedTuple):
    """A name as it was written; the lowest one is shown."""

    rank: int
    name: str


def _spelling(name: str) -> Spelling:
    """Composed, for a decomposed name would sort before it and be shown; readers compose, other producers may not."""
    composed = name if name.isascii() else normalize("NFC", name)
    return Spelling(spelling_rank(composed), composed)


class AlbumRow(NamedTuple):
    """An album and whose it is."""

    spelling: Spelling
    artist: bytes


class TrackRow(NamedTuple):
    """A track; `album` is (1 where its artist was guessed else 0, id)."""

    spelling: Spelling
    artist: bytes
    album: tuple[int, bytes] | None
    duration_ms: int

    def merged(self, other: "TrackRow") -> "TrackRow":
        """The row that both make, in whichever order they came; the same rule as sql/insert_tracks.sql."""
        album = min(self.album, other.album) if self.album and other.album else self.album or other.album
        spelling = min(self.spelling, other.spelling)
        return TrackRow(spelling, self.artist, album, max(self.duration_ms, other.duration_ms))


class Unseen:
    """The entities of one batch that `known` does not hold."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.spellings: dict[Met, bytes] = {}
        self.names: set[str | tuple[str, str]] = set()
        self._artists: dict[bytes, Spelling] = {}
        self._albums: dict[bytes, AlbumRow] = {}
        self._tracks: dict[bytes, TrackRow] = {}
        self._guests: dict[tuple[bytes, bytes], int] = {}
        self._foreign_ids: dict[bytes, None] = {}

    def meet(self, spelling: bytes, source: int) -> bytes:
        """The id of a track met for the first time. Raises msgspec.DecodeError or UnstorableTrackError."""
        track = _decode_track(spelling)
        if _ESCAPED_NUL in spelling:
            _require_no_nul(track)
        # Every name is looked at before anything is noted: a track that is refused must leave no row.
        artist, *guests = (_identifying(normalise(name)) for name in track.artists)
        title = _identifying(normalise(track.title))
        album = normalise(track.album) if track.album else ""
        made = track_id(artist, title, album)
        primary = self._artist(track.artists[0], artist)
        owned = self._album(track, track.album, album, artist) if track.album and album else None
        met = TrackRow(_spelling(track.title), primary, owned, track.duration_ms or 0)
        before = self._tracks.get(made)
        self._tracks[made] = met.merged(before) if before else met
        for position, (name, normalised) in enumerate(zip(track.artists[1:], guests, strict=True), 1):
            guest = self._artist(name, normalised)
            if guest != primary:
                self._guests[made, guest] = min(position, self._guests.get((made, guest), position))
        if track.ids or track.mapped_ids:
            everyone = [primary, *map(artist_id, guests)]
            stated = foreign_ids(track, made, owned[1] if owned else None, everyone)
            self._foreign_ids |= dict.fromkeys(rows.foreign_id_row(*found, source) for found in stated)
            self.spellings[spelling, source] = made
        else:
            self.spellings[spelling] = made
        return made

    def _artist(self, name: str, normalised: str) -> bytes:
        made = artist_id(normalised)
        if name not in self._known.names and name not in self.names:
            self.names.add(name)
            spelling = _spelling(name)
            self._artists[made] = min(spelling, self._artists.get(made, spelling))
        return made

    def _album(self, track: Track, title: str, normalised: str, artist: str) -> tuple[int, bytes]:
        """The album of a track, and whether its artist is a guess; `artist` is the normalised primary one."""
        owner, guessed = track.artists[0], 1
        if track.album_artist and (stated := normalise(track.album_artist)):
            owner, artist, guessed = track.album_artist, stated, 0
        made = album_id(artist, normalised)
        if (owner, title) not in self._known.names and (owner, title) not in self.names:
            self.names.add((owner, title))
            album = AlbumRow(_spelling(title), self._artist(owner, artist))
            self._albums[made] = min(album, self._albums.get(made, album))
        return guessed, made

    def copies(self) -> Iterator[tuple[str, bytes]]:
        """What to COPY into which staging table; nothing for a table without rows."""
        staged = {
            "staged_artist": [rows.artist_row(made, *spelling) for made, spelling in self._artists.items()],
            "staged_album": [
                rows.album_row(made, *album.spelling, album.artist) for made, album in self._albums.items()
            ],
            "staged_track": [
                rows.track_row(made, *track.spelling, track.artist, track.album, track.duration_ms)
                for made, track in self._tracks.items()
            ],
            "staged_guest": [rows.guest_row(track, artist, at) for (track, artist), at in self._guests.items()],
            "staged_foreign_id": list(self._foreign_ids),
        }
        return ((table, rows.copy_data(packed)) for table, packed in staged.items() if packed)


def _identifying(normalised: str) -> str:
    if not normalised:
        raise UnstorableTrackError("a name holds nothing but white space or control characters")
    return normalised


def _require_no_nul(track: Track) -> None:
    if any(name and "\0" in name for name in (*track.artists, track.title, track.album, track.album_artist)):
        raise UnstorableTrackError("a name holds the character NUL, which Postgres cannot keep")

"""Maloja's own database, malojadb.sqlite: read in place and read-only, also while Maloja runs and writes to it.

Some thousand scrobbles are read at a time, each time in a transaction of some milliseconds, so that Maloja never waits
for the person's Kafka. A scrobble that Maloja stores meanwhile is read if its time is later than what was read already.
Position.byte is the time of the last row: nothing before it need be read again.
"""

import shutil
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

import sql
from producers.exports.maloja import Album, Row, Song, listen_of
from producers.exports.opened import Opened
from producers.exports.outline import Head
from producers.exports.rows import outcomes, scalar, text
from schemas.errors import DataFault
from schemas.listen import Listen, Skipped

_SIGNATURE = b"SQLite format 3\0"
# The artists of tracks have no index by track, so each time costs a pass over all of them: 20 ms for 200,000.
_AT_ONCE = 20_000
_BEFORE_ALL = -(2**63)
# Maloja's longest transaction is an import, which commits at its end.
_BUSY_SECONDS = 30


def recognises(head: Head) -> bool:
    """An SQLite database whose first pages, where the definitions are, tell of scrobbles and the artists of tracks."""
    return head.start.startswith(_SIGNATURE) and b"scrobbles" in head.start and b"trackartists" in head.start


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per scrobble, numbered from 1 in the order of their times.

    Raises DataFault where it is damaged or no database of Maloja, or another program does not let go of it.
    """
    return outcomes(source, _rows(source), listen_of)


def _rows(source: Opened) -> Iterator[tuple[int, Row | None]]:
    start = source.place.start
    number, last = start.before, start.byte or _BEFORE_ALL
    # A place before 1970 is none that can be told, so it goes on from the beginning.
    source.place.tell = lambda: (number, last) if last > 0 else (0, 0)
    try:
        with _connected(source) as database:
            (source.place.rows,) = database.execute(_statement("maloja_scrobble_count")).fetchone()
            while some := _next_rows(database, last):
                for time, row in some:
                    number, last = number + 1, time
                    yield number, row
    except sqlite3.Error as error:
        raise DataFault(f"{source.label} cannot be read as Maloja's database: {error}") from error


@contextmanager
def _connected(source: Opened) -> Iterator[sqlite3.Connection]:
    with _file(source) as path:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)) as database:
            database.text_factory = _text
            yield database


@contextmanager
def _file(source: Opened) -> Iterator[Path]:
    """The database as a file of its own, which SQLite needs."""
    if source.path is not None:
        yield source.path
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "malojadb.sqlite")
        try:
            with path.open("wb") as copy:
                shutil.copyfileobj(source.stream, copy)
        except OSError as error:
            raise DataFault(f"{source.label} does not fit into a temporary file: {error}") from error
        yield path


def _text(stored: bytes) -> str:
    return stored.decode(errors="replace")


def _next_rows(database: sqlite3.Connection, last: int) -> list[tuple[int, Row | None]]:
    """The scrobbles behind a time; None for one of a track that is not there."""
    database.execute("BEGIN")
    try:
        scrobbles = database.execute(_statement("maloja_scrobbles"), (last, _AT_ONCE)).fetchall()
        songs = _songs(database, {track for _, track, _ in scrobbles})
    finally:
        database.execute("ROLLBACK")
    return [
        (time, Row(time, songs[track], scalar(duration)) if track in songs else None)
        for time, track, duration in scrobbles
    ]


def _songs(database: sqlite3.Connection, wanted: set[int]) -> dict[int, Song]:
    has_albums = any(name == "album_id" for _, name, *_ in database.execute("PRAGMA table_info(tracks)"))
    statement = _statement("maloja_tracks") if has_albums else _statement("maloja_tracks_without_albums")
    tracks = database.execute(statement, (_json(wanted),)).fetchall()
    artists = _names(database, "maloja_track_artists", wanted)
    albums = {album for _, _, _, album, _ in tracks if album is not None}
    of_albums = _names(database, "maloja_album_artists", albums) if albums else {}
    return {
        track: Song(
            artists.get(track),
            text(title),
            None if album is None else Album(text(album_title), artists=of_albums.get(album)),
            scalar(length),
        )
        for track, title, length, album, album_title in tracks
    }


def _names(database: sqlite3.Connection, statement: str, wanted: set[int]) -> dict[int, tuple[str, ...]]:
    names: dict[int, list[str]] = defaultdict(list)
    for of, name in database.execute(_statement(statement), (_json(wanted),)):
        if isinstance(name, str):
            names[of].append(name)
    return {of: tuple(found) for of, found in names.items()}


def _json(ids: Iterable[int]) -> str:
    return msgspec.json.encode([number for number in ids if isinstance(number, int)]).decode()


def _statement(name: str) -> str:
    return sql.read(name).decode()

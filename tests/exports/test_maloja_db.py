import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from producers.exports import open_export, read_export, sniff
from schemas.errors import DataFault
from schemas.listen import Listen, Skipped, Track
from tests.exports.kinds import MALOJA_SCHEMA, START, listens, maloja_database, maloja_row, moment, zipped


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "malojadb.sqlite"
    path.write_bytes(maloja_database([maloja_row(one) for one in listens(3)]))
    return path


@pytest.fixture
def maloja(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        yield connection


def times(source: Path | io.BytesIO) -> list[int]:
    return [item.listened_at for item in read_export(source) if isinstance(item, Listen)]


def test_artists_albums_and_lengths(path: Path, maloja: sqlite3.Connection) -> None:
    maloja.executescript(
        """
        INSERT INTO artists (id, name) VALUES (11, 'Guest'), (12, 'Main Act'), (13, 'Other • Main Act');
        INSERT INTO albums (id, albtitle) VALUES (20, 'LP');
        INSERT INTO tracks (id, title, length, album_id) VALUES (30, 'Tune', 201, 20), (31, 'Single', NULL, NULL);
        INSERT INTO trackartists (artist_id, track_id) VALUES (11, 30), (12, 30), (13, 31), (12, 31);
        INSERT INTO albumartists (artist_id, album_id) VALUES (12, 20);
        DELETE FROM scrobbles;
        INSERT INTO scrobbles VALUES (1700000001, '{}', 'x', 180, 30, NULL), (1700000002, NULL, NULL, NULL, 31, '');
        """
    )
    assert list(read_export(path)) == [
        Listen(1_700_000_001, Track(("Main Act", "Guest"), "Tune", "LP", "Main Act", 201_000), 180_000),
        Listen(1_700_000_002, Track(("Other", "Main Act"), "Single")),
    ]


def test_a_database_before_3_2_has_no_albums(path: Path, maloja: sqlite3.Connection) -> None:
    maloja.executescript("ALTER TABLE tracks DROP COLUMN album_id; DROP TABLE albums; DROP TABLE albumartists")
    items = list(read_export(path))
    assert [item.track.album for item in items if isinstance(item, Listen)] == [None] * 3


def test_rows_that_are_no_plays_and_text_that_is_none(path: Path, maloja: sqlite3.Connection) -> None:
    maloja.executescript(
        """
        UPDATE tracks SET title = CAST(x'fffe41' AS TEXT), length = 'long' WHERE id = 0;
        UPDATE tracks SET title = NULL WHERE id = 1;
        DELETE FROM trackartists WHERE track_id = 2;
        UPDATE scrobbles SET duration = x'00';
        INSERT INTO scrobbles (timestamp, track_id)
        VALUES (-5, 0), (0, 0), (7, 0), (1700009999, NULL), (99999999999, 0);
        """
    )
    items = list(read_export(path))
    assert [item.reason if isinstance(item, Skipped) else item.track.title for item in items] == [
        "bad_time",
        "too_early",
        "too_early",
        "malformed_row",
        "missing_title",
        "missing_artist",
        "malformed_row",
        "too_late",
    ]
    for passed in range(9):
        with open_export(path) as export:
            first = [str(item) for item in islice(export.rows, passed)]
            position = export.position()
        with open_export(path, start=position) as export:
            assert len(first) + len(list(export.rows)) == 8


def test_maloja_may_write_at_any_time(path: Path, maloja: sqlite3.Connection) -> None:
    rows = read_export(path)
    assert isinstance(next(rows), Listen)
    # With a timeout of 0: had the reader a lock, this would fail.
    maloja.execute("INSERT INTO scrobbles (timestamp, track_id) VALUES (?, 0)", (moment(9),))
    assert len(list(rows)) == 3


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_what_maloja_has_not_committed_is_not_read(path: Path, maloja: sqlite3.Connection, mode: str) -> None:
    maloja.execute(f"PRAGMA journal_mode={mode}")
    maloja.execute("BEGIN IMMEDIATE")
    maloja.execute("INSERT INTO scrobbles (timestamp, track_id) VALUES (?, 0)", (moment(9),))
    assert times(path) == [START, moment(1), moment(2)]
    maloja.execute("COMMIT")
    assert times(path) == [START, moment(1), moment(2), moment(9)]


def test_nothing_is_written(path: Path) -> None:
    content = path.read_bytes()
    path.chmod(0o400)
    assert len(times(path)) == 3
    assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_more_than_are_read_at_once_and_where_to_go_on(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(MALOJA_SCHEMA)
        database.executescript(
            """
            INSERT INTO artists (id, name) VALUES (1, 'A');
            INSERT INTO tracks (id, title) VALUES (1, 'T');
            INSERT INTO trackartists (artist_id, track_id) VALUES (1, 1);
            WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 40004)
            INSERT INTO scrobbles (timestamp, track_id) SELECT 1600000000 + n, 1 FROM n;
            """
        )
        database.commit()
    assert times(path) == list(range(1_600_000_000, 1_600_040_005))
    with open_export(path) as export:
        for _ in islice(export.rows, 30_000):
            pass
        position = export.position()
    assert (position.before, position.byte) == (30_000, 1_600_029_999)
    with open_export(path, start=position) as export:
        next(export.rows)
        assert export.share() == 30_001 / 40_005
        assert len(list(export.rows)) == 10_004
        assert export.share() == 1


def test_archives_streams_and_folders_of_maloja(path: Path, tmp_path: Path) -> None:
    content = path.read_bytes()
    assert times(io.BytesIO(content)) == times(io.BytesIO(zipped({"data/malojadb.sqlite": content})))
    (tmp_path / "auth.sqlite").write_bytes(_other_database())
    assert times(tmp_path) == [START, moment(1), moment(2)]


def test_a_database_of_something_else() -> None:
    with pytest.raises(DataFault, match="it looks like an SQLite database"):
        sniff(io.BytesIO(_other_database()))
    with pytest.raises(DataFault, match="- is no maloja-db export: it looks like an SQLite database") as fault:
        list(read_export(io.BytesIO(_other_database()), "maloja-db"))
    assert "no such table: scrobbles" in fault.value.hint


@pytest.mark.parametrize("length", [16, 100, 4_096, 20_000])
def test_a_damaged_database_is_a_fault(path: Path, length: int) -> None:
    content = path.read_bytes()
    for broken in (content[:length], content[:length] + b"\xff" * (len(content) - length)):
        with pytest.raises(DataFault):
            list(read_export(io.BytesIO(broken), "maloja-db"))


def _other_database() -> bytes:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE users (name)")
        return database.serialize()

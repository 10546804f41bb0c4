"""What is packed by hand arrives in Postgres as it was meant, whatever the values."""

import unicodedata
from uuid import UUID

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sql
from consumers.listens.entities import Known, Unseen
from consumers.listens.rows import copy_data, foreign_id_row, listen_row
from schemas.identity import normalise, spelling_rank
from schemas.listen import EARLIEST, MAX_MS, Track

LARGEST = 2**31 - 1
# The tables are emptied by the commit of each example.
on_one_database = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

integers = st.sampled_from([1, LARGEST]) | st.integers(1, LARGEST)
listens = st.tuples(
    integers,
    st.sampled_from([EARLIEST, 253_402_300_799]) | st.integers(EARLIEST, 253_402_300_799),
    st.binary(min_size=16, max_size=16),
    integers,
    st.integers(0, 2**15 - 1),
    st.none() | st.sampled_from([1, MAX_MS]) | st.integers(1, MAX_MS),
)
# Postgres texts hold every character but NUL; a name that normalises to nothing is refused before.
# Composed, as they are stored; what becomes of others is a matter of the spelling, in test_store.py.
names = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)
    .map(lambda text: unicodedata.normalize("NFC", text))
    .filter(normalise)
)
tracks = st.builds(
    Track,
    artists=st.lists(names, min_size=1, max_size=4).map(tuple),
    title=names,
    album=st.none() | names,
    album_artist=st.none() | names,
    duration_ms=st.none() | st.sampled_from([1, MAX_MS]),
)


@pytest.fixture
def staging(connection: psycopg.Connection) -> psycopg.Connection:
    for name in ("stage_listens", "stage_artists", "stage_albums", "stage_tracks", "stage_guests", "stage_foreign_ids"):
        connection.execute(sql.read(name))
    return connection


def copy(connection: psycopg.Connection, table: str, data: bytes) -> None:
    with connection.cursor().copy(f"copy {table} from stdin (format binary)".encode()) as opened:
        opened.write(data)


@given(rows=st.lists(listens, max_size=20))
@on_one_database
def test_listens_arrive_as_they_were_packed(
    staging: psycopg.Connection, rows: list[tuple[int, int, bytes, int, int, int | None]]
) -> None:
    with staging.transaction():
        copy(staging, "staged_listen", copy_data(listen_row(*row) for row in rows))
        arrived = staging.execute(
            "select user_id, extract(epoch from listened_at)::bigint, track_id, source_id, slot, played_ms"
            " from staged_listen"
        ).fetchall()
    assert arrived == [(user, at, UUID(bytes=track), *rest) for user, at, track, *rest in rows]


@given(
    row=st.tuples(
        st.binary(min_size=16, max_size=16), st.sampled_from(["isrc", "artist_mbid"]), names, st.booleans(), integers
    )
)
@on_one_database
def test_foreign_ids_arrive_as_they_were_packed(
    staging: psycopg.Connection, row: tuple[bytes, str, str, bool, int]
) -> None:
    with staging.transaction():
        copy(staging, "staged_foreign_id", copy_data([foreign_id_row(*row)]))
        arrived = staging.execute("select * from staged_foreign_id").fetchall()
    assert arrived == [(UUID(bytes=row[0]), *row[1:])]


@given(track=tracks)
@on_one_database
def test_artists_albums_tracks_and_guests_arrive_as_they_were_met(staging: psycopg.Connection, track: Track) -> None:
    unseen = Unseen(Known())
    made = UUID(bytes=unseen.meet(msgspec.json.encode(track), 1))
    with staging.transaction():
        for table, data in unseen.copies():
            copy(staging, table, data)
        artists = staging.execute("select name, name_rank from staged_artist").fetchall()
        albums = staging.execute(
            "select album.name, album.name_rank, artist.name from staged_album as album"
            " join staged_artist as artist on artist.id = album.artist_id"
        ).fetchall()
        (row,) = staging.execute(
            "select track.id, track.name, track.name_rank, artist.name, album_id is null, album_guessed, duration_ms"
            " from staged_track as track join staged_artist as artist on artist.id = track.artist_id"
        ).fetchall()
        guests = staging.execute("select track_id, position from staged_guest order by position").fetchall()
    shown = {normalise(name): (spelling_rank(name), name) for name in reversed(track.artists)}
    owner = track.album_artist if track.album_artist and track.album and normalise(track.album) else None
    for name in (*track.artists, *([owner] if owner else [])):
        best = shown.get(normalise(name), (spelling_rank(name), name))
        shown[normalise(name)] = min(best, (spelling_rank(name), name))
    assert {(rank, name) for name, rank in artists} == set(shown.values())
    primary = shown[normalise(track.artists[0])][1]
    has_album = bool(track.album and normalise(track.album))
    assert row == (
        made,
        track.title,
        spelling_rank(track.title),
        primary,
        not has_album,
        int(has_album and owner is None),
        track.duration_ms,
    )
    if has_album and track.album:
        whose = shown[normalise(owner)][1] if owner else primary
        assert albums == [(track.album, spelling_rank(track.album), whose)]
    else:
        assert albums == []
    first = {normalise(name): at for at, name in reversed([*enumerate(track.artists)])}
    assert guests == [(made, at) for at in sorted(first.values()) if at]

"""What goes out of one database comes into another as it was; checked for any history, names and ids crossed."""

import io
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from consumers.listens.entities import Known
from consumers.listens.store import Store
from producers import history
from producers.aliases import store_aliases
from producers.exports import Alias, open_export
from producers.exports.alias import AlbumName, ArtistName, TrackName
from producers.exports.writing import WRITERS, WrittenFormat
from producers.history import write_history
from schemas.listen import Ids, Listen, Track
from tests.consumers.logs import NOW, PARTITION, new_source, run_of, save, value

TABLES = ("artist", "album", "track", "track_guest", "foreign_id", "listen")
LISTENS = "select user_id, listened_at, track_id, played_ms from listen order by 1, 2, 3"
PLAYS = "select listened_at, artist, artists, album, track, duration_ms, played_ms, track_id from play order by 1, 8"
ENTITIES = {
    "artist": "select * from artist",
    "album": "select * from album",
    "track": "select * from track",
    # Positions close up where two lists of guests were merged; the order is what they are for.
    "guest": "select track_id, artist_id, row_number() over (partition by track_id order by position, artist_id)"
    " from track_guest",
    "id": "select entity_id, kind, value, mapped from foreign_id",
}


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with closing(Store(database)) as opened:
        yield opened


def keep(store: Store, connection: psycopg.Connection, listens: list[Listen], aliases: set[Alias]) -> None:
    """Make it what an empty database holds."""
    for table in (*reversed(TABLES), "consumer_offset", "source_count"):
        connection.execute(f"delete from {table}".encode())  # noqa: S608
    store.known = Known()
    store.next_offsets([PARTITION])
    source = new_source(connection)
    save(store, run_of([value(listen, source) for listen in listens]))
    store_aliases(connection, aliases)


def exported(connection: psycopg.Connection, format_: WrittenFormat) -> bytes:
    (user,) = connection.execute("select id from app_user").fetchone() or (0,)
    out = io.BytesIO()
    write_history(connection, (user, "me"), WRITERS[format_], out)
    return out.getvalue()


def read(content: bytes) -> tuple[list[Listen], set[Alias]]:
    aliases: set[Alias] = set()
    with open_export(io.BytesIO(content), aliases=aliases) as export:
        listens = [item for item in export.rows if isinstance(item, Listen)]
    return listens, aliases


def rows(connection: psycopg.Connection, statement: str) -> list[tuple[Any, ...]]:
    return connection.execute(statement.encode()).fetchall()


names = st.sampled_from(["Björk", "BJÖRK", "björk", "Sjón", "SJÓN", "A • B feat. C"])
titles = st.sampled_from(["Jóga", "JÓGA", "jóga", "Army (feat. X)"])
albums = st.sampled_from(["Homogenic", "HOMOGENIC", "Post"])
ids = st.sampled_from([None, Ids("r1", release_mbid="l"), Ids("r2", "i", "s"), Ids(artist_mbids=("a",))])
tracks = st.builds(
    Track,
    artists=st.lists(names, min_size=1, max_size=3).map(tuple),
    title=titles,
    album=st.none() | albums,
    album_artist=st.sampled_from([None, "Björk", "Various Artists"]),
    duration_ms=st.sampled_from([None, 100, 200_000]),
    ids=ids,
    mapped_ids=ids,
)
listens = st.builds(Listen, st.integers(NOW, NOW + 9), tracks, st.sampled_from([None, 1, 50_000]))
track_names = st.builds(
    TrackName, names, titles, albums | st.just(""), st.sampled_from(["", "Björk", "Various Artists"])
)
aliases = (
    st.builds(Alias, st.builds(ArtistName, names), st.builds(ArtistName, names))
    | st.builds(Alias, st.builds(AlbumName, names, albums), st.builds(AlbumName, names, albums))
    | st.builds(Alias, track_names, track_names)
)


PLAIN = Listen(NOW, Track(("Björk",), "Jóga"))
OF_POST = Alias(TrackName("Björk", "Jóga", "Post", ""), TrackName("Björk", "Jóga", "", ""))


@given(some=st.lists(listens, min_size=1, max_size=8), others=st.sets(aliases, max_size=4))
@example([PLAIN], {OF_POST, Alias(AlbumName("Björk", "Post"), AlbumName("Björk", "Homogenic"))})
@example(
    [PLAIN],
    {OF_POST, Alias(AlbumName("Sjón", "Post"), AlbumName("Björk", "Post")), Alias(ArtistName("Sjón"), ArtistName("X"))},
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
def test_our_own_export_brings_everything_back(
    store: Store, connection: psycopg.Connection, some: list[Listen], others: set[Alias]
) -> None:
    keep(store, connection, some, others)
    before = {name: set(rows(connection, statement)) for name, statement in ENTITIES.items()}
    seen = rows(connection, LISTENS), rows(connection, PLAYS)
    content = exported(connection, "scrobbles")

    keep(store, connection, *read(content))
    assert (rows(connection, LISTENS), rows(connection, PLAYS)) == seen
    for name, statement in ENTITIES.items():
        # Nothing new; and what a play leads to, by foreign keys, is here. The rest no play led to before either.
        assert set(rows(connection, statement)) <= before[name], name
    guests = "select count(*) from track_guest where track_id in (select track_id from listen)"
    played = {row[2] for row in seen[0]}
    assert rows(connection, guests) == [(sum(row[0] in played for row in before["guest"]),)]
    assert exported(connection, "scrobbles") == content


def test_other_formats_bring_back_what_a_person_sees(store: Store, connection: psycopg.Connection) -> None:
    plays = [
        Listen(NOW, Track(("ヨルシカ",), "だから僕は", "盗作", None, 200_000), 100_000),
        Listen(NOW + 1, Track(("Yorushika", "Guest"), "だから僕は", "盗作")),
        Listen(NOW + 2, Track(("Somebody",), "Tune", "Sampler", "Various Artists")),
        Listen(NOW + 3, Track(("Somebody",), "Tune", "Tune")),
        Listen(NOW + 4, Track(("Somebody",), "Single")),
    ]
    merged = {
        Alias(ArtistName("Yorushika"), ArtistName("ヨルシカ")),
        Alias(TrackName("Yorushika", "だから僕は", "盗作"), TrackName("ヨルシカ", "だから僕は", "盗作")),
        Alias(AlbumName("Various Artists", "The Sampler"), AlbumName("Various Artists", "Sampler")),
    }
    shown = "select listened_at, artist, album, track, duration_ms from play order by 1"
    keep(store, connection, plays, merged)
    expected = rows(connection, shown)
    contents: dict[WrittenFormat, bytes] = {
        format_: exported(connection, format_) for format_ in ("listenbrainz", "maloja", "koito")
    }
    for format_, content in contents.items():
        keep(store, connection, *read(content))
        assert rows(connection, shown) == expected, format_
    # Koito's was the last, and holds other names too.
    assert rows(connection, "select name from artist where same_as is not null") == [("Yorushika",)]
    assert rows(connection, "select name from album where same_as is not null") == [("The Sampler",)]


def test_a_long_history_is_written_step_by_step_in_the_order_of_time(
    store: Store, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_PLAYS", 7)
    monkeypatch.setattr(history, "_KNOWN", 10)
    plays = [Listen(NOW + at * 7 % 100, Track((f"Artist {at % 13}",), f"Song {at % 17}", "LP")) for at in range(100)]
    keep(store, connection, plays, set())
    ordered = sorted(plays, key=lambda play: play.listened_at)
    for format_ in ("scrobbles", "listenbrainz", "maloja"):
        found, _ = read(exported(connection, format_))
        assert found == ordered, format_


def test_only_the_plays_and_the_ids_of_the_person_are_written(store: Store, connection: psycopg.Connection) -> None:
    mine, hers = new_source(connection), new_source(connection, "she")
    store.next_offsets([PARTITION])
    track = Track(("A",), "T", ids=Ids(isrc="hers"))
    values = [value(Listen(NOW, Track(("A",), "T", ids=Ids(isrc="mine"))), mine)]
    values += [value(Listen(NOW + at, track), hers) for at in range(3)]
    save(store, run_of(values))
    found, _ = read(exported(connection, "scrobbles"))
    assert found == [Listen(NOW, Track(("A",), "T", ids=Ids(isrc="mine")))]

"""What other names make of the tables, and of what a person sees."""

import itertools
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.listens.store import Store
from producers.aliases import store_aliases
from producers.exports.alias import AlbumName, Alias, ArtistName, TrackName
from schemas.listen import Listen, Track
from tests.consumers.logs import NOW, PARTITION, new_source, run_of, save, value

CHAINS = """
select count(*) from (
    select one.id from artist as one join artist as two on two.id = one.same_as where two.same_as is not null
    union all
    select id from artist where same_as = id
) as chain
"""


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with closing(Store(database)) as opened:
        yield opened


def artist(written: str, stands_for: str) -> Alias:
    return Alias(ArtistName(written), ArtistName(stands_for))


def stands_for(connection: psycopg.Connection, table: str = "artist") -> dict[str, str | None]:
    statement = f"select one.name, two.name from {table} as one left join {table} as two on two.id = one.same_as"  # noqa: S608
    return dict(connection.execute(statement.encode()).fetchall())


def play(store: Store, connection: psycopg.Connection, *tracks: Track) -> None:
    source = new_source(connection)
    (at,) = store.next_offsets([PARTITION]).values()
    save(store, run_of([value(Listen(NOW + at + n, track), source) for n, track in enumerate(tracks)], at))


@pytest.mark.parametrize("first", ["plays", "aliases"])
def test_plays_under_any_name_are_shown_under_the_one_it_stands_for(
    store: Store, connection: psycopg.Connection, first: str
) -> None:
    plays = [
        Track(("ヨルシカ",), "だから僕は", "盗作", duration_ms=200_000),
        Track(("Yorushika", "Guest"), "だから僕は", "盗作"),
        Track(("ヨルシカ",), "Dakara boku wa", "盗作"),
        Track(("ヨルシカ",), "だから僕は", "Plagiarism"),
    ]
    here = TrackName("ヨルシカ", "だから僕は", "盗作")
    aliases = {
        artist("Yorushika", "ヨルシカ"),
        Alias(AlbumName("ヨルシカ", "Plagiarism"), AlbumName("ヨルシカ", "盗作")),
        Alias(here._replace(title="Dakara boku wa"), here),
    }
    if first == "plays":
        play(store, connection, *plays)
    store_aliases(connection, aliases)
    if first == "aliases":
        play(store, connection, *plays)
    store_aliases(connection, aliases)
    shown = connection.execute("select artist, artists, album, track, duration_ms from play order by listened_at")
    assert [row[:4] for row in shown] == [
        ("ヨルシカ", ["ヨルシカ"], "盗作", "だから僕は"),
        ("ヨルシカ", ["ヨルシカ", "Guest"], "盗作", "だから僕は"),
        ("ヨルシカ", ["ヨルシカ"], "盗作", "だから僕は"),
        ("ヨルシカ", ["ヨルシカ"], "盗作", "だから僕は"),
    ]
    assert connection.execute("select count(distinct artist_id), count(distinct album_id) from play").fetchone() == (
        1,
        # Yorushika's album of that name is another album, as long as nobody says otherwise.
        2,
    )


def test_an_alias_makes_the_rows_that_the_consumers_would_make(store: Store, connection: psycopg.Connection) -> None:
    names = [TrackName("A", "T", "LP"), TrackName("a", "t", "LP", "Various"), TrackName("A", "Single")]
    store_aliases(connection, {Alias(name._replace(title=f"{name.title} alias"), name) for name in names})
    tables = ("artist", "album", "track")
    made = {table: connection.execute(f"select * from {table} order by id".encode()).fetchall() for table in tables}  # noqa: S608
    for table in reversed(tables):
        connection.execute(f"delete from {table}".encode())  # noqa: S608
    titles = [(name, title) for name in names for title in (name.title, f"{name.title} alias")]
    play(
        store,
        connection,
        *(Track((name.artist,), title, name.album or None, name.album_artist or None) for name, title in titles),
    )
    for table in tables:
        rows = connection.execute(f"select * from {table} order by id".encode()).fetchall()  # noqa: S608
        assert [row[:-1] for row in rows] == [row[:-1] for row in made[table]], table


def test_one_step_always_leads_to_the_end(connection: psycopg.Connection) -> None:
    store_aliases(connection, {artist("b", "a")})
    store_aliases(connection, {artist("c", "b")})
    assert stands_for(connection) == {"a": None, "b": "a", "c": "a"}
    store_aliases(connection, {artist("a", "z")})
    assert stands_for(connection) == {"a": "z", "b": "z", "c": "z", "z": None}
    store_aliases(connection, {artist("z", "b"), artist("z", "z")})
    assert stands_for(connection) == {"a": "z", "b": "z", "c": "z", "z": None}


def test_what_was_decided_before_stays(connection: psycopg.Connection) -> None:
    store_aliases(connection, {artist("b", "a")})
    connection.execute("update artist set name = 'My Choice', name_rank = -1 where name = 'a'")
    store_aliases(connection, {artist("b", "other"), artist("A", "a")})
    assert stands_for(connection) == {"My Choice": None, "b": "My Choice", "other": None}


def test_of_two_claims_in_one_export_the_same_one_wins_in_any_order(connection: psycopg.Connection) -> None:
    results = []
    for order in itertools.permutations([artist("x", "a"), artist("x", "b"), artist("b", "c")]):
        connection.execute("delete from artist")
        store_aliases(connection, dict.fromkeys(order))
        results.append(stands_for(connection))
    assert all(result == results[0] for result in results)


one_alias = st.builds(artist, st.sampled_from("abcdef"), st.sampled_from("abcdef"))


@given(batches=st.lists(st.sets(one_alias, max_size=6), max_size=4))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_claimed_nothing_is_two_steps_away_and_everything_is_connected(
    connection: psycopg.Connection, batches: list[set[Alias]]
) -> None:
    connection.execute("delete from artist")
    for batch in batches:
        before = {name: end for name, end in stands_for(connection).items() if end}
        store_aliases(connection, batch)
        found = stands_for(connection)
        assert connection.execute(CHAINS.encode()).fetchone() == (0,)
        for name, end in before.items():
            assert (found[name] or name) == (found[end] or end)
        store_aliases(connection, batch)
        assert stands_for(connection) == found


def test_two_imports_at_once_beside_a_worker(database: str, connection: psycopg.Connection) -> None:
    names = [f"Artist {number}" for number in range(400)]
    failures: list[BaseException] = []

    def import_(aliases: list[Alias]) -> None:
        try:
            with psycopg.connect(database, autocommit=True) as own:
                for start in range(0, len(aliases), 50):
                    store_aliases(own, aliases[start : start + 50])
        except psycopg.Error as error:
            failures.append(error)

    def consume() -> None:
        try:
            with closing(Store(database)) as store:
                for start in range(0, len(names), 40):
                    tracks = [Track((name, name.upper()), name, name) for name in names[start : start + 40]]
                    play(store, connection, *tracks)
        except psycopg.Error as error:
            failures.append(error)

    forwards = [artist(one.upper(), other.upper()) for one, other in itertools.pairwise(names)]
    backwards = [artist(other, one) for one, other in reversed([*itertools.pairwise(names)])]
    threads = [
        Thread(target=import_, args=(forwards,)),
        Thread(target=import_, args=(backwards,)),
        Thread(target=consume),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert connection.execute(CHAINS.encode()).fetchone() == (0,)
    assert len({end or name for name, end in stands_for(connection).items()}) == 1

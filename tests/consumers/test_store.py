"""What one transaction makes of a batch: rows, repeats, spellings, counts."""

from collections.abc import Sequence
from functools import partial
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from consumers.listens.entities import Known
from consumers.listens.runs import Partition, Run
from consumers.listens.store import Store
from schemas.listen import Ids, Listen, Track
from tests.cli.commands import eventually
from tests.cli.groups import blocked
from tests.consumers.conftest import NewStore
from tests.consumers.logs import NOW, PARTITION, Kept, ledger, new_source, packed, problems, run_of, save, value

OTHER = Partition(PARTITION.topic_id, PARTITION.topic, 1)
TABLES = ("artist", "album", "track", "track_guest", "foreign_id", "listen")


class Log:
    """Stores listens one batch after the other, as if they had been in a partition."""

    def __init__(self, store: Store, source: int, partition: Partition = PARTITION) -> None:
        self._store = store
        self._source = source
        self._partition = partition
        store.next_offsets([partition])

    def add(self, *listens: Listen) -> tuple[int, int]:
        """How many were inserted, and how many were there already."""
        (at,) = self._store.next_offsets([self._partition]).values()
        values = [value(listen, self._source) for listen in listens]
        outcome = save(self._store, run_of(values, at, self._partition))
        return outcome.inserted, outcome.duplicate


@pytest.fixture
def stores(new_store: NewStore) -> tuple[Store, Store]:
    return new_store(), new_store()


@pytest.fixture
def log(store: Store, source: int) -> Log:
    return Log(store, source)


def dump(connection: psycopg.Connection) -> dict[str, bytes]:
    """All rows of the tables that readers look at, as COPY writes them, in order of all their columns."""
    found = {}
    for table in TABLES:
        statement = f'copy (select {table}::text from {table} order by {table}::text collate "C") to stdout'  # noqa: S608
        with connection.cursor().copy(statement.encode()) as copy:
            found[table] = b"".join(map(bytes, copy))
    return found


def play(second: int = 0, /, title: str = "Song", *, played_ms: int | None = None, **track: Any) -> Listen:
    fields = {"artists": ("Somebody",), **track}
    return Listen(NOW + second, Track(title=title, **fields), played_ms)


# --- the same in any order --------------------------------------------------------------------------------------------

spelled = partial(st.sampled_from)
tracks = st.builds(
    Track,
    artists=st.lists(spelled(["Björk", "BJÖRK", "björk", "Sjón", "SJÓN"]), min_size=1, max_size=3).map(tuple),
    title=spelled(["Jóga", "JÓGA", "jóga", "Army of Me"]),
    album=spelled([None, "Homogenic", "HOMOGENIC", "Post"]),
    album_artist=spelled([None, "Björk", "Various Artists", "VARIOUS ARTISTS"]),
    duration_ms=spelled([None, 100, 200]),
    ids=spelled([None, Ids(recording_mbid="r", release_mbid="l"), Ids(isrc="i", artist_mbids=("a",))]),
    mapped_ids=spelled([None, Ids(recording_mbid="r")]),
)
plays = st.builds(
    Listen, listened_at=st.integers(NOW, NOW + 3), track=tracks, played_ms=st.sampled_from([None, 1, 50_000])
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Listen], list[tuple[int, list[Listen]]]]:
    """Some plays; and the same ones shuffled, cut into batches, each given to one of two workers."""
    some = draw(st.lists(plays, min_size=1, max_size=14))
    shuffled = draw(st.permutations(some))
    cuts = sorted(draw(st.sets(st.integers(1, len(some)), max_size=4)))
    pieces = [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(some)], strict=True)]
    return some, [(draw(st.integers(0, 1)), piece) for piece in pieces if piece]


# Each of these is better in one way and worse in another.
CROSSED = [
    Listen(NOW, Track(("Björk", "SJÓN"), "JÓGA", "Post", None, 200, Ids(isrc="i")), 1),
    Listen(NOW, Track(("BJÖRK", "BJÖRK", "Sjón"), "Jóga", "POST", "Various Artists", 100, None, Ids("i")), 50_000),
    Listen(NOW, Track(("björk", "Sjón"), "jóga", "post", "VARIOUS ARTISTS"), None),
]


@given(history=histories())
@example(history=(CROSSED, [(at % 2, [listen]) for at, listen in enumerate(CROSSED)]))
@example(history=(CROSSED, [(at % 2, [listen]) for at, listen in enumerate(reversed(CROSSED))]))
@example(history=(CROSSED, [(0, [CROSSED[1]]), (1, [CROSSED[2], CROSSED[0]])]))
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],  # each example empties the tables
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
def test_any_order_any_batches_and_any_worker_end_in_the_same_tables(
    stores: tuple[Store, Store],
    connection: psycopg.Connection,
    source: int,
    history: tuple[list[Listen], list[tuple[int, list[Listen]]]],
) -> None:
    some, pieces = history
    dumps = []
    for arrangement in ([(0, some)], pieces):
        for table in (*reversed(TABLES), "consumer_offset", "source_count"):
            connection.execute(f"delete from {table}".encode())  # noqa: S608
        for store in stores:
            store.known = Known()  # as after its start
        logs = [Log(stores[0], source), Log(stores[1], source, OTHER)]
        for worker, piece in arrangement:
            logs[worker].add(*piece)
        assert problems(connection) == []
        dumps.append(dump(connection))
    assert dumps[0] == dumps[1]


# --- spellings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spellings", "shown"),
    [
        (["THE CURE", "The Cure", "the cure"], "The Cure"),
        (["the cure", "THE CURE"], "THE CURE"),
        (["DEPECHE Mode", "Depeche Mode"], "DEPECHE Mode"),
        (["Sigur R\u00f3s", "Sigur Ro\u0301s"], "Sigur R\u00f3s"),
        (["20\u201320", "20-20"], "20-20"),
    ],
)
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in several"])
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_of_several_spellings_mixed_case_is_shown_and_then_the_smaller_text(
    log: Log, connection: psycopg.Connection, spellings: list[str], shown: str, together: bool, backwards: bool
) -> None:
    listens = [
        play(at, name, artists=(name,), album=name) for at, name in enumerate(spellings[:: -1 if backwards else 1])
    ]
    for batch in [listens] if together else [[listen] for listen in listens]:
        log.add(*batch)
    for table in ("artist", "album", "track"):
        assert connection.execute(f"select name from {table}".encode()).fetchall() == [(shown,)]  # noqa: S608


def test_the_longest_length_of_a_track_stays(log: Log, connection: psycopg.Connection) -> None:
    for at, length in enumerate([None, 200_000, None, 180_000, 210_000, 1]):
        log.add(play(at, duration_ms=length))
    assert connection.execute("select duration_ms from track").fetchall() == [(210_000,)]


def test_a_stated_album_artist_wins_over_a_guessed_one(log: Log, connection: psycopg.Connection) -> None:
    for at, artist in enumerate([None, "Various Artists", None]):
        log.add(play(at, album="Best of", album_artist=artist))
    assert connection.execute("select album_guessed from track").fetchall() == [(0,)]
    assert connection.execute("select artist, album from play limit 1").fetchall() == [("Somebody", "Best of")]
    shown = connection.execute(
        "select artist.name from track join album on album.id = album_id join artist on artist.id = album.artist_id"
    )
    assert shown.fetchall() == [("Various Artists",)]


def test_everybody_who_is_credited_is_shown_in_order(log: Log, connection: psycopg.Connection) -> None:
    log.add(play(artists=("Queen", "David Bowie", "QUEEN")))
    log.add(play(1, artists=("Queen", "Somebody else", "David Bowie")))
    shown = connection.execute("select distinct artist, artists from play").fetchall()
    assert shown == [("Queen", ["Queen", "David Bowie", "Somebody else"])]


def test_an_empty_album_is_none_and_a_title_of_its_own_is_a_track_of_its_own(
    log: Log, connection: psycopg.Connection
) -> None:
    log.add(play(0), play(1, album=" "), play(2, album="Album"), play(3, "song"), play(4, "Another"))
    assert connection.execute("select count(*) from track").fetchone() == (3,)
    assert connection.execute("select name from album").fetchall() == [("Album",)]


# --- what others call them -------------------------------------------------------------------------------------------

STATED = """
select coalesce(artist.name, album.name, track.name), kind, value, mapped, source_id
from foreign_id
left join artist on artist.id = entity_id
left join album on album.id = entity_id
left join track on track.id = entity_id
order by source_id, mapped, kind, value
"""


def test_ids_are_kept_beside_what_they_name(log: Log, connection: psycopg.Connection, source: int) -> None:
    given = Ids("recording", "isrc", "spotify", "release", "group", ("", "sjón"))
    log.add(play(artists=("Björk", "Sjón"), album="Post", ids=given, mapped_ids=Ids("guess")))
    assert connection.execute(STATED.encode()).fetchall() == [
        ("Sjón", "artist_mbid", "sjón", False, source),
        ("Song", "isrc", "isrc", False, source),
        ("Song", "recording_mbid", "recording", False, source),
        ("Post", "release_group_mbid", "group", False, source),
        ("Post", "release_mbid", "release", False, source),
        ("Song", "spotify_track", "spotify", False, source),
        ("Song", "recording_mbid", "guess", True, source),
    ]


@pytest.mark.parametrize(
    ("track", "kept"),
    [
        ({"ids": Ids(release_mbid="release")}, []),
        ({"ids": Ids(release_mbid="release", release_group_mbid="group"), "album": "\u200b"}, []),
        ({"ids": Ids("\0"), "album": "Post"}, []),
        ({"ids": Ids(isrc="i", artist_mbids=("one", "two"))}, [("Song", "i")]),
        ({"ids": Ids()}, []),
        # Of one artist who is credited twice both are known.
        (
            {"artists": ("Queen", "QUEEN"), "ids": Ids(artist_mbids=("one", "two"))},
            [("Queen", "one"), ("Queen", "two")],
        ),
    ],
)
def test_an_id_that_cannot_be_stored_or_attributed_costs_only_itself(
    log: Log, connection: psycopg.Connection, track: dict[str, Any], kept: list[tuple[str, str]]
) -> None:
    assert log.add(play(**track)) == (1, 0)
    assert [(name, value) for name, _, value, *_ in connection.execute(STATED.encode())] == kept


def test_each_source_states_an_id_once_also_one_that_the_worker_knows(
    store: Store, connection: psycopg.Connection
) -> None:
    mine, again, hers = new_source(connection), new_source(connection), new_source(connection, "she")
    store.next_offsets([PARTITION])
    at = 0
    for sources in ([mine], [mine, mine], [again, hers], [hers, mine]):
        plays_ = [value(play(n, ids=Ids(isrc="i")), source) for n, source in enumerate(sources)]
        save(store, run_of(plays_, at))
        at += len(plays_)
    rows = connection.execute("select kind, value, mapped, sources, people from foreign_id_count").fetchall()
    assert rows == [("isrc", "i", False, 3, 2)]
    assert packed(store, run_of([value(play(9, ids=Ids(isrc="i")), hers)], at)).unseen.spellings == {}


# --- repeats ----------------------------------------------------------------------------------------------------------


def test_repeats_are_counted_and_stored_once_wherever_they_come(log: Log, connection: psycopg.Connection) -> None:
    assert log.add(play(0), play(1), play(0), play(0)) == (2, 2)
    assert log.add(play(2), play(1), play(3)) == (2, 1)
    assert log.add(play(0), play(1), play(2)) == (0, 3)
    assert log.add(play(4), play(5)) == (2, 0)
    assert log.add(play(6), play(7)) == (2, 0)
    assert log.add(play(7, "sOnG")) == (0, 1)
    assert ledger(connection) == (15, 8, 7, 0, 8)
    assert problems(connection) == []


def test_of_two_reports_of_a_play_the_longer_time_stays(log: Log, connection: psycopg.Connection) -> None:
    for times in ([(None, 5)], [(9, 3)], [(3, None)], [(3, 9), (20, 4)]):
        reports = [report for pair in times for report in pair]
        log.add(*(play(played_ms=report) for report in reports))
    assert connection.execute("select played_ms from listen").fetchall() == [(20,)]
    log.add(play(1), play(1, played_ms=7))
    assert connection.execute("select played_ms from listen order by listened_at").fetchall() == [(20,), (7,)]


def test_plays_of_different_people_and_seconds_and_tracks_are_different_plays(
    store: Store, connection: psycopg.Connection
) -> None:
    mine, hers = new_source(connection, "me"), new_source(connection, "she")
    store.next_offsets([PARTITION])
    listens = [play(0), play(1), play(0, "Another")]
    values = [value(listen, source) for source in (mine, hers) for listen in listens]
    assert save(store, run_of(values)).inserted == 6
    assert problems(connection) == []


# --- counts -----------------------------------------------------------------------------------------------------------


def test_counts_are_kept_by_partition_and_by_source(store: Store, connection: psycopg.Connection) -> None:
    one, two = new_source(connection), new_source(connection)
    store.next_offsets([PARTITION, OTHER])
    first: Sequence[bytes | None] = [value(play(0), one), value(play(1), two), b"?", value(play(0), two)]
    second: Sequence[bytes | None] = [value(play(5), one), value(play(5), one), value(play(6), 999), None]
    save(store, run_of(first), run_of(second, partition=OTHER))
    by_partition = connection.execute(
        "select partition, next_offset, read, inserted, duplicate, dead from consumer_offset order by partition"
    ).fetchall()
    assert by_partition == [(0, 4, 4, 2, 1, 1), (1, 4, 4, 1, 1, 2)]
    by_source = connection.execute(
        "select source_id, partition, read, inserted, duplicate, dead from source_count order by source_id, partition"
    ).fetchall()
    assert by_source == [
        (0, 0, 1, 0, 0, 1),
        (0, 1, 2, 0, 0, 2),
        (1, 0, 1, 1, 0, 0),
        (1, 1, 2, 1, 1, 0),
        (2, 0, 2, 1, 1, 0),
    ]
    assert problems(connection) == []


def test_a_message_that_died_is_kept_once_but_for_a_replay_or_where_nobody_knows_its_source(
    store: Store, source: int, connection: psycopg.Connection
) -> None:
    store.next_offsets([PARTITION])
    bad, other = (b'{"v":1,"source_id":%d,"listened_at":"%b"}' % (source, when) for when in (b"now", b"then"))

    def outcome(first: int, *messages: Kept) -> tuple[int, int, int]:
        saved = save(store, Run(PARTITION, first, messages))
        assert sum(saved.reasons.values()) == saved.dead
        return saved.inserted, saved.duplicate, saved.dead

    assert outcome(0, Kept(0, bad), Kept(1, bad), Kept(2, value(play(), source)), Kept(3, other)) == (1, 1, 2)
    assert outcome(4, Kept(4, bad, b"another key"), Kept(5, bad)) == (0, 1, 1)
    assert outcome(6, Kept(6, bad, None, [("scrobbles-dead-letter", b"1")])) == (0, 0, 1)
    assert outcome(7, Kept(7, b"no JSON"), Kept(8, b"no JSON")) == (0, 0, 2)
    connection.execute("update dead_letter set replayed_at = now()")
    assert outcome(9, Kept(9, bad)) == (0, 0, 1)
    assert problems(connection) == []


def test_a_source_that_did_not_exist_yet_is_looked_up_again_in_the_next_batch(
    store: Store, connection: psycopg.Connection
) -> None:
    store.next_offsets([PARTITION])
    assert save(store, run_of([value(play(0), 1)])).dead == 1
    assert new_source(connection) == 1
    assert save(store, run_of([value(play(1), 1)], 1)).inserted == 1
    assert problems(connection) == []


def test_a_question_about_sources_that_failed_condemns_no_play(
    store: Store, source: int, connection: psycopg.Connection
) -> None:
    store.next_offsets([PARTITION])
    with pytest.raises(psycopg.Error):
        store.learn([source, 2**40])
    assert save(store, run_of([value(play(), source)])).inserted == 1
    assert problems(connection) == []


@pytest.mark.parametrize(
    "track",
    [{"artists": ("Somebody new", " ")}, {"artists": ("Somebody new", "\0")}, {"album": "Album\0"}],
    ids=["guest without a name", "guest named NUL", "NUL in the album"],
)
def test_a_track_that_cannot_be_stored_leaves_nothing_behind(
    store: Store, source: int, connection: psycopg.Connection, track: dict[str, Any]
) -> None:
    store.next_offsets([PARTITION])
    outcome = save(store, run_of([value(play(0, "New", **track), source), value(play(1), source)]))
    assert (outcome.inserted, outcome.dead) == (1, 1)
    assert connection.execute("select name from track").fetchall() == [("Song",)]
    assert connection.execute("select name from artist").fetchall() == [("Somebody",)]
    assert connection.execute("select name from album").fetchall() == []


# --- the proof --------------------------------------------------------------------------------------------------------

DAMAGE = {
    "update consumer_offset set next_offset = next_offset + 1": "offsets 0 to 4 were passed, but 4 read",
    "update consumer_offset set read = read - 1, next_offset = next_offset - 1": "3 read, but 3 inserted",
    "update source_count set duplicate = duplicate + 1 where source_id = 1": "duplicate: the partitions count 0",
    "delete from source_count where source_id = 0": "dead: the partitions count 1, the sources 0",
    "delete from listen where listened_at = (select min(listened_at) from listen)": "3 were inserted, 2 are stored",
    "insert into listen select user_id, listened_at + '1s'::interval * 99, track_id, source_id from listen limit 1": (
        "3 were inserted, 4 are stored"
    ),
    "delete from dead_letter": "dead letters: 1 were counted, 0 are kept and 0 purged",
    "update listen set track_id = gen_random_uuid() where listened_at = (select min(listened_at) from listen)": (
        "1 listens name a track that does not exist"
    ),
    "update listen set source_id = 77": "3 listens name a source that does not exist",
    "update listen set user_id = user_id + 1": "3 listens name a source that does not exist or belongs to someone else",
}


@pytest.mark.parametrize(("damage", "said"), DAMAGE.items())
def test_every_kind_of_damage_is_found(
    store: Store, source: int, connection: psycopg.Connection, damage: str, said: str
) -> None:
    store.next_offsets([PARTITION])
    save(store, run_of([value(play(0), source), value(play(1), source), b"?", value(play(2, "Another"), source)]))
    assert problems(connection) == []
    assert connection.execute(damage.encode()).rowcount > 0
    assert any(said in problem for problem in problems(connection)), problems(connection)


def test_what_an_operator_has_skipped_is_no_damage(store: Store, source: int, connection: psycopg.Connection) -> None:
    store.next_offsets([PARTITION])
    save(store, run_of([value(play(0), source)]))
    connection.execute("update consumer_offset set next_offset = next_offset + 5, skipped = skipped + 5")
    save(store, run_of([value(play(1), source)], 6))
    assert problems(connection) == []


@pytest.mark.parametrize("new", ["all", "tracks", "ids"])
def test_two_workers_that_store_at_once_never_lock_each_other_out(
    new_store: NewStore, source: int, connection: psycopg.Connection, new: str
) -> None:
    # Each meets the artists, albums and tracks of the other in the opposite order.
    rounds, names = 4, [f"Artist {number}" for number in range(1_000)]
    together = Barrier(2)
    failures: list[psycopg.Error | BrokenBarrierError] = []

    def batch_of(round_: int, step: int, ids: Ids | None) -> list[Listen]:
        titles = [f"{name} {round_}" for name in names[:: -1 if step < 0 else 1]]
        if new == "tracks":
            return [play(step, title, artists=(names[0],), ids=ids) for title in titles]
        return [play(step, title, artists=(title,), album=title, ids=ids) for title in titles]

    def work(store: Store, partition: Partition, step: int) -> None:
        try:
            for round_ in range(rounds):
                values = [value(listen, source) for listen in batch_of(round_, step, Ids("recording"))]
                batch = packed(store, run_of(values, round_ * len(names), partition))
                together.wait(30)
                store.save(batch)
        except (psycopg.Error, BrokenBarrierError) as error:
            failures.append(error)
            together.abort()

    before = Log(new_store(), source, Partition(PARTITION.topic_id, PARTITION.topic, 2))
    known = {
        "all": [],
        "tracks": [play(artists=(names[0],))],
        "ids": [listen for round_ in range(rounds) for listen in batch_of(round_, 2, None)],
    }[new]
    if known:
        before.add(*known)
    threads = []
    for partition, step in ((PARTITION, 1), (OTHER, -1)):
        store = new_store()
        store.next_offsets([partition])
        threads.append(Thread(target=work, args=(store, partition, step)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert ledger(connection)[1] == 2 * rounds * len(names) + len(known)
    assert problems(connection) == []


def test_two_workers_that_store_the_same_plays_at_once_never_lock_each_other_out(
    new_store: NewStore, source: int, connection: psycopg.Connection, database: str
) -> None:
    # As an import does that repeats, in the opposite order, what comes live: one worker of each lane has it.
    listens = [play(second) for second in range(1_000)]
    failures: list[psycopg.Error] = []

    def work(store: Store, partition: Partition, step: int) -> None:
        batch = packed(store, run_of([value(listen, source) for listen in listens[::step]], 0, partition))
        try:
            store.save(batch)
        except psycopg.Error as error:
            failures.append(error)

    Log(new_store(), source, Partition(PARTITION.topic_id, PARTITION.topic, 2)).add(play(-1))
    threads = []
    for partition, step in ((PARTITION, 1), (OTHER, -1)):
        store = new_store()
        store.next_offsets([partition])
        threads.append(Thread(target=work, args=(store, partition, step)))
    with psycopg.connect(database) as holder:
        # One of them comes to a stop in the middle, however fast it is, and the other behind it, or at the same place.
        holder.execute(
            "insert into listen (user_id, listened_at, track_id, source_id)"
            " select user_id, listened_at + interval '501 s', track_id, source_id from listen"
        )
        for thread in threads:
            thread.start()
        eventually(lambda: blocked(connection) == 2)
        holder.rollback()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert ledger(connection) == (2_001, 1_001, 1_000, 0, 1_001)
    assert problems(connection) == []


def test_the_times_of_plays_are_raised_in_the_order_of_the_key_whatever_the_plan(
    new_store: NewStore, source: int, connection: psycopg.Connection, database: str
) -> None:
    number = 100
    Log(new_store(), source).add(*(play(second, played_ms=1) for second in range(number)))
    # The planner is free to group by hash: here it does.
    for setting in ("enable_sort", "enable_hashjoin"):
        connection.execute(f'alter database "{connection.info.dbname}" set {setting} = off'.encode())
    log = Log(new_store(), source, OTHER)
    again = Thread(target=log.add, args=[play(second, played_ms=5) for second in reversed(range(number))])
    with psycopg.connect(database) as holder:
        holder.execute("select from listen order by listened_at limit 1 for update")
        again.start()
        eventually(lambda: blocked(connection))
        free = connection.execute("select listened_at from listen for update skip locked").rowcount
    again.join(60)
    assert free == number - 1
    assert connection.execute("select distinct played_ms from listen").fetchall() == [(5,)]


@pytest.mark.parametrize("met", ["artist", "album", "track", "track_guest", "foreign_id", "repeated_listen"])
def test_two_workers_that_meet_the_same_rows_never_wait_for_each_other_in_a_circle_whatever_the_plan(
    new_store: NewStore, connection: psycopg.Connection, database: str, met: str
) -> None:
    def named(at: int, ids: Ids | None = None) -> Listen:
        return play(at, f"Song {at}", artists=(f"Artist {at}", f"Guest {at}"), album=f"Album {at}", ids=ids)

    listens = [named(at, Ids(f"{at}")) for at in range(50)]
    # The later source repeats what the earlier one has brought.
    earlier, source = new_source(connection), new_source(connection)
    Log(new_store(), earlier, Partition(PARTITION.topic_id, PARTITION.topic, 2)).add(*map(named, range(50)))
    Log(new_store(), source).add(*listens)
    first, *others = connection.execute(f"select * from {met} order by {met}".encode()).fetchall()  # noqa: S608
    for table in reversed(TABLES[TABLES.index(met) : -1] if met in TABLES else [met]):
        connection.execute(f"delete from {table}".encode())  # noqa: S608
    # The planner is free to find repeats by hash, which is in no order: here it does.
    connection.execute(f'alter database "{connection.info.dbname}" set enable_sort = off'.encode())
    failures: list[psycopg.Error] = []

    def work() -> None:
        try:
            Log(new_store(), source, OTHER).add(*listens)
        except psycopg.Error as error:
            failures.append(error)

    # The other worker, with the first row in hand, goes on in the order of the key.
    insert = f"insert into {met} values ({', '.join(['%s'] * len(first))})".encode()  # noqa: S608
    with psycopg.connect(database) as other:
        other.execute(insert, first)
        thread = Thread(target=work)
        thread.start()
        eventually(lambda: blocked(connection))
        other.cursor().executemany(insert, others)
        other.commit()
        thread.join(60)
    assert failures == []
    assert problems(connection) == []


@pytest.mark.parametrize("raced", TABLES[:-1])
def test_what_another_worker_stores_at_the_same_moment_is_not_made_worse(
    new_store: NewStore, source: int, connection: psycopg.Connection, database: str, raced: str
) -> None:
    ids = Ids("recording", "isrc", "spotify", "release", "group")
    better = play(0, "Lullaby", artists=("The Cure", "Guest"), album="Album", duration_ms=350, ids=ids)
    worse = play(1, "LULLABY", artists=("THE CURE", "THE CURE", "GUEST"), album="ALBUM", duration_ms=100, ids=ids)
    Log(new_store(), source).add(better)
    connection.execute("delete from listen")
    expected = dump(connection)[raced]
    rows = {table: connection.execute(f"select * from {table}".encode()).fetchall() for table in TABLES[:-1]}  # noqa: S608
    for table in reversed(TABLES[:-1]):
        connection.execute(f"delete from {table}".encode())  # noqa: S608
    with psycopg.connect(database) as other:
        for table in TABLES[: TABLES.index(raced) + 1]:
            if table == raced:
                other.commit()
            for row in rows[table]:
                marks = ", ".join(["%s"] * len(row))
                other.execute(f"insert into {table} values ({marks})".encode(), row)  # noqa: S608
        thread = Thread(target=Log(new_store(), source, OTHER).add, args=(worse,))
        thread.start()
        waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        eventually(lambda: connection.execute(waiting).fetchone())
        other.commit()
        thread.join(30)
    assert dump(connection)[raced] == expected

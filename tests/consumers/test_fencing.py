"""A worker that was frozen does not know that its partition was given to another one. Postgres does."""

import threading

import psycopg
import pytest

import sql
from consumers.listens.runs import Partition
from consumers.listens.store import Fenced, Store
from schemas.listen import Listen, Track
from tests.consumers.conftest import NewStore
from tests.consumers.logs import NOW, PARTITION, ledger, packed, problems, run_of, save, value

COMPARISON = b"where consumer_offset.next_offset = expected.expected_offset"


def listens(number: int, first: int = 0) -> list[Listen]:
    return [Listen(NOW + at, Track(("An artist",), f"Song {at % 7}")) for at in range(first, first + number)]


def zombie_scenario(new_store: NewStore, source: int) -> bool:
    """One worker takes messages 0 to 9 and freezes before it stores; another stores 0 to 19. Was the first fenced?"""
    log = [value(listen, source) for listen in listens(20)]
    frozen, owner = new_store(), new_store()
    for store in (frozen, owner):
        assert store.next_offsets([PARTITION]) == {PARTITION: 0}
    in_hand = packed(frozen, run_of(log[:10]))
    assert save(owner, run_of(log)).inserted == 20
    try:
        frozen.save(in_hand)
    except Fenced:
        return True
    return False


def test_a_zombie_is_fenced_and_stores_nothing(
    new_store: NewStore, source: int, connection: psycopg.Connection
) -> None:
    assert zombie_scenario(new_store, source)
    assert ledger(connection) == (20, 20, 0, 0, 20)
    assert problems(connection) == []


def test_without_the_comparison_of_offsets_a_zombie_breaks_the_ledger(
    new_store: NewStore, source: int, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded = sql.read("move_offsets")
    assert COMPARISON in guarded
    read = sql.read
    unguarded = guarded.replace(COMPARISON, b"")
    monkeypatch.setattr(sql, "read", lambda name: unguarded if name == "move_offsets" else read(name))
    assert not zombie_scenario(new_store, source)
    # The zombie moved the partition back and counted ten messages a second time.
    assert ledger(connection) == (30, 20, 10, 0, 20)
    assert len(problems(connection)) == 1
    assert "offsets 0 to 9 were passed, but 30 read" in problems(connection)[0]


def test_a_fenced_worker_may_go_on_where_the_partition_stands_now(
    new_store: NewStore, source: int, connection: psycopg.Connection
) -> None:
    log = [value(listen, source) for listen in listens(30)]
    one, two = new_store(), new_store()
    one.next_offsets([PARTITION])
    save(one, run_of(log[:10]))
    with pytest.raises(Fenced):
        save(two, run_of(log[:20]))
    (at,) = two.next_offsets([PARTITION]).values()
    assert save(two, run_of(log[at:], at)).inserted == 20
    assert problems(connection) == []


def test_one_fenced_partition_undoes_the_whole_batch(
    new_store: NewStore, source: int, connection: psycopg.Connection
) -> None:
    other = Partition(PARTITION.topic_id, PARTITION.topic, 1)
    mine, theirs = ([value(listen, source) for listen in listens(5, first)] for first in (0, 100))
    stale, owner = new_store(), new_store()
    stale.next_offsets([PARTITION, other])
    save(owner, run_of(theirs, partition=other))
    with pytest.raises(Fenced):
        save(stale, run_of(mine), run_of(theirs, partition=other))
    assert ledger(connection) == (5, 5, 0, 0, 5)
    assert problems(connection) == []
    # The connection has survived, and the partition that is still its own goes on.
    assert save(stale, run_of(mine)).inserted == 5


def test_dead_letters_of_a_fenced_batch_are_not_kept(new_store: NewStore, connection: psycopg.Connection) -> None:
    one, two = new_store(), new_store()
    one.next_offsets([PARTITION])
    save(one, run_of([b"no JSON"]))
    with pytest.raises(Fenced):
        save(two, run_of([b"no JSON"]))
    assert ledger(connection)[3] == 1
    assert connection.execute("select count(*) from dead_letter").fetchone() == (1,)
    assert problems(connection) == []


def test_two_workers_with_the_same_messages_at_the_same_time_store_them_once(
    new_store: NewStore, source: int, connection: psycopg.Connection
) -> None:
    log = [value(listen, source) for listen in listens(400)]
    stores = [new_store(), new_store()]
    stores[0].next_offsets([PARTITION])
    fenced: list[int] = []
    together = threading.Barrier(2)

    def work(store: Store) -> None:
        for first in range(0, len(log), 20):
            batch = packed(store, run_of(log[first : first + 20], first))
            together.wait(30)
            try:
                store.save(batch)
            except Fenced:
                fenced.append(first)

    threads = [threading.Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(fenced) == list(range(0, len(log), 20))
    assert ledger(connection) == (400, 400, 0, 0, 400)
    assert problems(connection) == []

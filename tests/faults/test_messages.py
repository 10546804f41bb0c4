"""Messages that come twice, in any order, too large, too late, all of one artist, or not at all: faults 35 to 46.

Malformed ones and those of other versions are in tests/consumers/test_group.py and test_batch.py, a flood of them in
test_breaker.py.
"""

import random
import time
from dataclasses import dataclass

import psycopg
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import NewPartitions

from consumers.listens.start import joined
from consumers.listens.taking import Limits
from schemas.broker import admin, client_config
from schemas.listen import MAX_ARTISTS, NAME_CHARACTERS, Listen, Track
from schemas.settings import Settings
from schemas.topics import LANES, PARTITIONS, lane_topic
from tests.cli.commands import Commands, eventually
from tests.cli.groups import FIRST, dealt_with, plays, publish, shares
from tests.consumers.logs import ledger, problems
from tests.faults.invariants import misnamed, require_exact

DAY = 86_400


def test_a_batch_that_is_lost_in_the_worker_itself_is_fetched_again(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    worker = commands.worker(SCROBBLES_FAILPOINT="taken:drop:2")
    dropped = "fail-point taken reached: drop"
    publish(cluster, "import", source, plays(500))
    eventually(lambda: dealt_with(connection) == 500 or dropped in worker.said, worker)
    publish(cluster, "import", source, plays(500, 500))
    eventually(lambda: dropped in worker.said, worker)
    publish(cluster, "import", source, plays(500, 1_000))
    require_exact(cluster, connection, plays(1_500), worker)


def test_plays_that_are_sent_twice_and_shuffled_are_stored_once(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    # More than a batch takes: some repeats meet in one, others are there already.
    listens = plays(6_000)
    publish(cluster, "import", source, random.Random(1).sample(listens, len(listens)))  # noqa: S311
    publish(cluster, "live", source, random.Random(2).sample(listens, len(listens)))  # noqa: S311
    worker = commands.worker()
    require_exact(cluster, connection, listens, worker, duplicate=6_000)


def test_partitions_that_are_added_under_load_are_read_from_their_beginning(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    worker = commands.worker(SCROBBLES_KAFKA__TOPIC_METADATA_REFRESH_INTERVAL_MS="1000")
    client = admin(cluster)
    publish(cluster, "import", source, plays(2_000))
    eventually(lambda: dealt_with(connection) > 0, worker)
    topic = lane_topic(cluster.topic_prefix, "import").name
    client.create_partitions([NewPartitions(topic, PARTITIONS + 4)])[topic].result(30)
    # This producer knows all of them, the worker may not yet.
    publish(cluster, "import", source, plays(2_000, 2_000))
    require_exact(cluster, connection, plays(4_000), worker)
    used = connection.execute(
        "select count(*) from consumer_offset where topic like '%.import' and next_offset > 0"
    ).fetchone()
    assert used == (PARTITIONS + 4,)
    assert shares(client, cluster.group) == [2 * PARTITIONS + 4]


def test_everybody_meets_the_same_new_artist_at_once_and_in_opposite_orders(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    tracks = [Track(("Somebody new",), f"Song {number}", f"Album {number % 50}") for number in range(4_000)]
    forwards = [Listen(FIRST + at, track) for at, track in enumerate(tracks)]
    backwards = [Listen(FIRST + DAY + at, track) for at, track in enumerate(reversed(tracks))]
    workers = [commands.worker("--lane", lane) for lane in LANES for _ in range(2)]
    eventually(lambda: sum(shares(admin(cluster), cluster.group)) == 2 * PARTITIONS, *workers)
    publish(cluster, "import", source, forwards)
    publish(cluster, "live", source, backwards)
    require_exact(cluster, connection, forwards + backwards, *workers)
    assert connection.execute("select count(*) from artist").fetchone() == (1,)
    assert connection.execute("select count(*) from album").fetchone() == (50,)
    deadlocks = "select deadlocks from pg_stat_database where datname = current_database()"
    assert connection.execute(deadlocks).fetchone() == (0,)


@pytest.mark.parametrize("table", ["listen", "artist"])
def test_one_row_the_database_refuses_costs_few_transactions(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, table: str
) -> None:
    listens = plays(5_000)
    refused = Listen(FIRST - 1, Track(("Refused",), "Song"))
    check = {"listen": f"listened_at <> to_timestamp({refused.listened_at})", "artist": "name <> 'Refused'"}[table]
    connection.execute(f"alter table {table} add check ({check})".encode())
    publish(cluster, "import", source, [*listens[:3_333], refused, *listens[3_333:]])
    worker = commands.worker(SCROBBLES_LOG="debug", SCROBBLES_LOG_FORMAT="json")
    require_exact(cluster, connection, listens, worker, dead=1)
    # Each half of a batch that fails is halved again: two transactions a step, and a few for other batches.
    assert worker.said.count('"event":"stored"') <= 2 * 13 + 5


def test_the_largest_listen_there_can_be_and_the_largest_message_pass(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    def name(number: int) -> str:
        return chr(0x1F600 + number % 64) * (NAME_CHARACTERS - 3) + f"{number:03}"

    largest = Listen(
        FIRST, Track(tuple(map(name, range(MAX_ARTISTS))), name(200), name(201), name(0), 5), 2_147_483_647
    )
    publish(cluster, "import", source, [*plays(500, 1), largest])
    producer = Producer(client_config(cluster))
    garbage = random.Random(1).randbytes(990_000)  # noqa: S311
    producer.produce(lane_topic(cluster.topic_prefix, "import").name, garbage)
    assert producer.flush(30) == 0
    worker = commands.worker()
    require_exact(cluster, connection, [*plays(500, 1), largest], worker, dead=1)
    assert connection.execute("select value from dead_letter").fetchone() == (garbage,)


@dataclass
class Clock:
    """The wall clock of this machine, and how wrong it is."""

    wrong: float = 0.0
    right = staticmethod(time.time)

    def __call__(self) -> float:
        return self.right() + self.wrong


def test_a_clock_that_jumps_moves_no_timer_and_loses_no_play(
    cluster: Settings, source: int, connection: psycopg.Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    # Ten years and more back, the plays lie in the future: dead letters, which can be sent again.
    jumps, sent = [0, DAY, -DAY, -20 * 365 * DAY, 0], 0

    def done() -> bool:
        nonlocal sent
        if dealt_with(connection) < sent:
            return False
        if not jumps:
            return True
        clock.wrong = jumps.pop(0)
        publish(cluster, "import", source, plays(200, sent))
        sent += 200
        return False

    with joined(cluster, database, LANES, Limits()) as worker:
        for _ in worker.run(done):
            pass
    assert sent == 1_000
    assert ledger(connection) == (1_000, 800, 0, 200, 800)
    assert connection.execute("select distinct reason from dead_letter").fetchall() == [("too_late",)]
    assert problems(connection) == []
    assert misnamed(connection) == []

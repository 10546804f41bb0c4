"""A worker that buries most of what it reads stops, and what it has buried is kept."""

from collections.abc import Sequence

import psycopg
import pytest
from confluent_kafka import Producer
from hypothesis import given
from hypothesis import strategies as st

from consumers.listens.breaker import WINDOW, Breaker
from consumers.listens.store import Outcome
from schemas.broker import client_config
from schemas.errors import DataFault
from schemas.settings import Settings
from schemas.topics import lane_topic
from tests.cli.commands import Commands, eventually
from tests.cli.groups import dealt_with, plays, publish
from tests.consumers.logs import ledger, problems


def outcome(read: int, dead: int) -> Outcome:
    return Outcome(read, read - dead, 0, dead, 0.0)


def tripped_at(batches: Sequence[tuple[int, int]]) -> int | None:
    """The number of the batch that trips it."""
    breaker = Breaker()
    for number, (read, dead) in enumerate(batches):
        try:
            breaker.count(outcome(read, dead))
        except DataFault:
            return number
    return None


@pytest.mark.parametrize(
    ("batches", "at"),
    [
        ([(WINDOW - 1, WINDOW - 1)], None),  # too few to judge
        ([(WINDOW, WINDOW // 2 - 1)], None),
        ([(WINDOW, WINDOW // 2)], 0),
        ([(8_000, 4_000)], 0),
        ([(1, 1)] * (WINDOW - 1), None),
        ([(1, 1)] * WINDOW, WINDOW - 1),
        # What was long ago neither excuses nor accuses.
        ([(100_000, 0), (WINDOW, WINDOW)], 1),
        ([(WINDOW - 1, WINDOW - 1), (WINDOW, 0), (WINDOW - 1, 499)], None),
        ([(500, 0), (500, 499), (500, 0)], None),
        ([(500, 0), (500, 500), (500, 0), (500, 500)], 1),
    ],
)
def test_half_of_the_last_thousand_messages(batches: list[tuple[int, int]], at: int | None) -> None:
    assert tripped_at(batches) == at


@given(
    st.lists(st.integers(1, 3_000).flatmap(lambda read: st.tuples(st.just(read), st.integers(0, read))), max_size=20)
)
def test_it_trips_where_half_of_the_shortest_tail_of_a_thousand_is_bad_and_nowhere_else(
    batches: list[tuple[int, int]],
) -> None:
    expected = None
    for number in range(len(batches)):
        read = dead = 0
        for more, bad in reversed(batches[: number + 1]):
            read, dead = read + more, dead + bad
            if read >= WINDOW:
                break
        if read >= WINDOW and 2 * dead >= read:
            expected = number
            break
    assert tripped_at(batches) == expected


def test_a_flood_of_bad_messages_stops_the_worker_and_nothing_beyond_is_read(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    topic = lane_topic(cluster.topic_prefix, "import").name
    publish(cluster, "import", source, plays(100))
    producer = Producer(client_config(cluster))
    for number in range(40_000):
        producer.produce(topic, b"no JSON", partition=number % 12)
        producer.poll(0)
    assert producer.flush(30) == 0
    worker = commands.worker(SCROBBLES_LOG_FORMAT="json")
    assert worker.ended() == 65
    assert worker.said.count('"event":"too_many_dead_letters"') == 1
    assert "are no listens" in worker.said
    read, *_, dead, listens = ledger(connection)
    # The batch that tripped it is stored whole, letters and all; most of the flood is untouched.
    assert WINDOW <= dead <= 20_000
    assert read == dead + listens
    assert connection.execute("select count(*) from dead_letter").fetchone() == (dead,)
    assert problems(connection) == []


def test_a_handful_of_bad_messages_stops_nobody(
    commands: Commands, cluster: Settings, connection: psycopg.Connection
) -> None:
    topic = lane_topic(cluster.topic_prefix, "live").name
    producer = Producer(client_config(cluster))
    for _ in range(WINDOW - 1):
        producer.produce(topic, b"no JSON")
    assert producer.flush(30) == 0
    worker = commands.worker()
    eventually(lambda: dealt_with(connection) == WINDOW - 1, worker)
    worker.require_alive()

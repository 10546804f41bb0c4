"""A group coordinator that moves, loads, forgets its members, or refuses offsets: faults 31 and 57."""

import time
from collections.abc import Iterator
from uuid import uuid4

import msgspec
import psycopg
import pytest
from confluent_kafka import Consumer

from consumers.listens.contact import Contact
from consumers.listens.loop import Worker
from consumers.listens.offsets import Assignment
from consumers.listens.start import _config
from consumers.listens.taking import Limits
from consumers.listens.watch import TopicWatch
from schemas.settings import Settings
from schemas.topics import LANES, PARTITIONS, lane_topic
from tests.cli.commands import SECONDS, Commands, eventually
from tests.cli.groups import dealt_with, plays, publish
from tests.faults.invariants import require_exact, require_stored
from tests.faults.mock import FIND_COORDINATOR, HEARTBEAT, JOIN_GROUP, OFFSET_COMMIT, SYNC_GROUP, MockCluster

LOADING, NOT_AVAILABLE, NOT_COORDINATOR, ILLEGAL_GENERATION, UNKNOWN_MEMBER, REBALANCING = 14, 15, 16, 22, 25, 27


@pytest.fixture
def cluster_of_lies(settings: Settings) -> Iterator[MockCluster]:
    with MockCluster() as made:
        for lane in LANES:
            made.make_topic(lane_topic(settings.topic_prefix, lane).name, PARTITIONS)
        yield made


# What it answers to whom; and what it is asked then, and how often at least.
LIES: list[tuple[dict[int, list[int]], int, int]] = [
    ({HEARTBEAT: [UNKNOWN_MEMBER]}, JOIN_GROUP, 1),
    (
        {HEARTBEAT: [ILLEGAL_GENERATION], JOIN_GROUP: [LOADING, UNKNOWN_MEMBER], SYNC_GROUP: [REBALANCING]},
        JOIN_GROUP,
        3,
    ),
    ({HEARTBEAT: [REBALANCING]}, JOIN_GROUP, 1),
    ({HEARTBEAT: [NOT_COORDINATOR], FIND_COORDINATOR: [NOT_AVAILABLE, LOADING]}, FIND_COORDINATOR, 3),
    ({OFFSET_COMMIT: [ILLEGAL_GENERATION]}, OFFSET_COMMIT, 1),
    ({OFFSET_COMMIT: [UNKNOWN_MEMBER]}, OFFSET_COMMIT, 1),
    ({OFFSET_COMMIT: [NOT_COORDINATOR, LOADING]}, OFFSET_COMMIT, 1),
]


def test_whatever_the_coordinator_answers_no_play_is_lost_or_doubled(
    cluster_of_lies: MockCluster, settings: Settings, source: int, connection: psycopg.Connection, database: str
) -> None:
    # A request to join waits for its answer as long as a poll may take, and the mock forgets one now and then.
    quick = {
        "heartbeat.interval.ms": "100",
        "retry.backoff.ms": "10",
        "session.timeout.ms": "1000",
        "max.poll.interval.ms": "3000",
    }
    mocked = msgspec.structs.replace(
        settings, kafka=cluster_of_lies.address, group_protocol="classic", kafka_properties=quick
    )
    lies, request, wanted, sent, deadline = list(LIES), JOIN_GROUP, 1, 0, time.monotonic() + SECONDS
    settled = 0

    def done() -> bool:
        nonlocal request, wanted, sent, deadline, settled
        assert time.monotonic() < deadline, f"it never dealt with {sent} plays, or never asked again: request {request}"
        if dealt_with(connection) < sent or cluster_of_lies.asked(request) < wanted:
            settled = cluster_of_lies.asked(HEARTBEAT) + 2
            return False
        # In the middle of a rebalance the client takes no notice of a heartbeat that tells it to join again.
        if worker.health().assigned < len(LANES) * PARTITIONS or cluster_of_lies.asked(HEARTBEAT) < settled:
            return False
        if not lies:
            return True
        answers, request, more = lies.pop(0)
        deadline = time.monotonic() + SECONDS
        wanted = cluster_of_lies.asked(request) + more
        for asked, errors in answers.items():
            cluster_of_lies.answer_with(asked, errors)
        publish(mocked, "import", source, plays(100, sent))
        sent += 100
        return False

    consumer = Consumer(_config(mocked, Contact()))
    try:
        topics = [lane_topic(settings.topic_prefix, lane).name for lane in LANES]
        watch = TopicWatch(mocked, {topic: uuid4() for topic in topics})
        worker = Worker(consumer, Assignment(consumer, watch, Contact()), database, Limits())
        for _ in worker.run(done):
            pass
    finally:
        consumer.close()
    assert sent == 100 * len(LIES)
    require_stored(connection, plays(sent))


def test_of_two_workers_with_one_static_name_the_second_stops(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    # Nothing here asks for static names; a person may pass one through.
    first, second = (commands.worker(SCROBBLES_KAFKA__GROUP_INSTANCE_ID="the-only-one") for _ in range(2))
    publish(cluster, "import", source, plays(1_000))
    eventually(lambda: first.process.poll() or second.process.poll())
    loser, winner = (second, first) if second.process.poll() else (first, second)
    assert loser.ended() == 69
    assert "The instance ID is still used by another member" in loser.said
    require_exact(cluster, connection, plays(1_000), winner)

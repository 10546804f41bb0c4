"""Workers as processes, on a real broker: whatever happens to them, every play is stored once."""

import signal
from collections.abc import Callable
from functools import partial

import psycopg
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

import sql
from consumers.listens.contact import Contact
from consumers.listens.offsets import Assignment
from consumers.listens.watch import TopicWatch
from schemas.broker import admin, client_config, topic_ids
from schemas.settings import Settings
from schemas.topics import LANES, PARTITIONS, lane_topic
from tests.cli.commands import Commands, Worker, eventually
from tests.cli.groups import (
    be_impatient,
    blocked,
    cancel_statements,
    commit_to_kafka,
    dealt_with,
    delete_beginning,
    end_sessions,
    held,
    partition_of,
    place_at,
    plays,
    publish,
    shares,
)
from tests.consumers.logs import problems

# Enough for several batches of each worker.
MANY = 40_000
TALKATIVE = {"SCROBBLES_LOG": "debug", "SCROBBLES_LOG_FORMAT": "json"}


def counted(connection: psycopg.Connection) -> tuple[int, ...]:
    return connection.execute(sql.read("ledger")).fetchone() or ()


def require_stored_once(connection: psycopg.Connection, number: int) -> None:
    assert counted(connection) == (number, number, 0, 0, number)
    assert problems(connection) == []


def two_workers(commands: Commands, cluster: Settings) -> tuple[Worker, Worker]:
    workers = commands.worker(**TALKATIVE), commands.worker(**TALKATIVE)
    client = admin(cluster)
    eventually(lambda: shares(client, cluster.group) == [PARTITIONS, PARTITIONS], *workers)
    return workers


def test_two_workers_share_both_lanes(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    workers = two_workers(commands, cluster)
    publish(cluster, "live", source, plays(2_000))
    publish(cluster, "import", source, plays(2_000, 2_000))
    eventually(lambda: dealt_with(connection) == 4_000, *workers)
    require_stored_once(connection, 4_000)
    eventually(lambda: sum(worker.inserted for worker in workers) == 4_000, *workers)
    assert all(worker.inserted for worker in workers)


def test_a_worker_that_is_killed_loses_nothing_and_doubles_nothing(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    be_impatient(cluster)
    victim, other = two_workers(commands, cluster)
    publish(cluster, "import", source, plays(MANY))
    eventually(lambda: victim.inserted > 0, victim, other)
    victim.send(signal.SIGKILL)
    assert victim.ended() == -signal.SIGKILL
    assert victim.inserted < MANY - other.inserted
    # The group still holds the place of the dead one when more arrives.
    publish(cluster, "live", source, plays(1_000, MANY))
    eventually(lambda: dealt_with(connection) == MANY + 1_000, other)
    require_stored_once(connection, MANY + 1_000)


def test_a_worker_that_freezes_and_wakes_when_others_have_its_partitions_does_no_harm(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    be_impatient(cluster)
    frozen, other = two_workers(commands, cluster)
    publish(cluster, "import", source, plays(MANY))
    eventually(lambda: frozen.inserted > 0, frozen, other)
    frozen.send(signal.SIGSTOP)
    eventually(lambda: dealt_with(connection) == MANY, other)
    frozen.send(signal.SIGCONT)
    publish(cluster, "import", source, plays(1_000, MANY))
    eventually(lambda: dealt_with(connection) == MANY + 1_000, frozen, other)
    eventually(lambda: shares(admin(cluster), cluster.group) == [PARTITIONS, PARTITIONS], frozen, other)
    require_stored_once(connection, MANY + 1_000)


def test_sigterm_ends_a_worker_with_0_and_the_next_one_goes_on_where_it_stopped(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    publish(cluster, "import", source, plays(MANY))
    first = commands.worker(**TALKATIVE)
    eventually(lambda: first.inserted > 0, first)
    first.send(signal.SIGTERM)
    assert first.ended() == 0
    before = dealt_with(connection)
    assert 0 < before < MANY
    assert first.inserted == before
    second = commands.worker(**TALKATIVE)
    eventually(lambda: dealt_with(connection) == MANY, second)
    eventually(lambda: second.inserted == MANY - before, second)
    require_stored_once(connection, MANY)


def test_what_kafka_has_committed_is_ignored(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    publish(cluster, "live", source, plays(500))
    publish(cluster, "import", source, plays(500, 500))
    inside, beyond = (lane_topic(cluster.topic_prefix, lane).name for lane in LANES)
    wrong = [TopicPartition(inside, number, 1) for number in range(PARTITIONS)]
    wrong += [TopicPartition(beyond, number, 50_000) for number in range(PARTITIONS)]
    commit_to_kafka(cluster, wrong)
    worker = commands.worker()
    eventually(lambda: dealt_with(connection) == 1_000, worker)
    require_stored_once(connection, 1_000)


def test_an_offset_beyond_the_end_of_the_log_stops_the_worker(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    publish(cluster, "import", source, plays(500))
    lost_its_tail = partition_of(cluster, "import", 3)
    place_at(connection, lost_its_tail, 9_999)
    worker = commands.worker()
    assert worker.ended() == 65
    assert f"{lost_its_tail}: offset 9999 is stored, but the log ends at" in worker.said


def test_messages_that_kafka_has_deleted_before_they_were_stored_stop_the_worker(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    publish(cluster, "import", source, plays(2_000))
    cut = partition_of(cluster, "import", 5)
    delete_beginning(cluster, cut, 7)
    worker = commands.worker()
    assert worker.ended() == 65
    assert f"{cut}: messages 0 to 6 are gone from Kafka before they were stored" in worker.said
    assert (cut.number, 0) in connection.execute("select partition, next_offset from consumer_offset").fetchall()


def test_a_log_whose_stored_beginning_was_deleted_is_read_on(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    publish(cluster, "import", source, plays(2_000))
    cut = partition_of(cluster, "import", 5)
    delete_beginning(cluster, cut, 7)
    place_at(connection, cut, 7)
    worker = commands.worker()
    eventually(lambda: dealt_with(connection) == 2_000 - 7, worker)
    assert problems(connection) == []


def test_partitions_are_never_assigned_at_a_place_that_the_broker_is_asked_for(cluster: Settings) -> None:
    # At OFFSET_END an answer that came after the worker's own seek moved the partition to the end: it stalled there.
    topics = [lane_topic(cluster.topic_prefix, lane).name for lane in LANES]
    consumer = Consumer(
        client_config(cluster, group_id=cluster.group, group_protocol="consumer", enable_auto_commit=False)
    )
    try:
        watch = TopicWatch(cluster, topic_ids(admin(cluster), topics))
        assignment = Assignment(consumer, watch, Contact())
        assignment.join()
        eventually(lambda: consumer.consume(1, 0.05) or len(assignment) == len(topics) * PARTITIONS)
        assert len(assignment) == len(consumer.assignment()) == len(topics) * PARTITIONS
        assert min(partition.offset for partition in consumer.assignment()) >= 0
    finally:
        consumer.close()


def test_the_older_protocol_of_groups_serves_too(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    publish(cluster, "import", source, plays(2_000))
    worker = commands.worker(SCROBBLES_GROUP_PROTOCOL="classic")
    eventually(lambda: dealt_with(connection) == 2_000, worker)
    worker.send(signal.SIGTERM)
    assert worker.ended() == 0
    require_stored_once(connection, 2_000)


def test_a_worker_that_cannot_take_its_partitions_ends_and_stores_nothing(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    # An eager assignor refuses the incremental assignment, inside the callback, where errors vanish.
    publish(cluster, "import", source, plays(500))
    worker = commands.worker(SCROBBLES_GROUP_PROTOCOL="classic", SCROBBLES_KAFKA__PARTITION_ASSIGNMENT_STRATEGY="range")
    assert worker.ended() == 70
    assert "the partitions of a rebalance could not be taken" in worker.said
    assert dealt_with(connection) == 0


def test_without_its_topics_a_worker_stops_and_names_the_command_that_makes_them(
    commands: Commands, settings: Settings
) -> None:
    worker = commands.worker("--lane", "import")
    assert worker.ended() == 78
    assert f"there is no topic {settings.topic_prefix}.import" in worker.said
    assert "scrobbles topics ensure" in worker.said


GARBAGE: list[tuple[bytes | None, str]] = [
    (None, "empty"),
    (b"", "empty"),
    (b"no JSON", "malformed"),
    (b"\xff\xfe\x00", "malformed"),
    (b'{"v":1}', "malformed"),
    (b"[" * 100_000, "malformed"),
    (b'{"v":9,"source_id":1,"new":true}', "unsupported_version"),
    (b'{"v":1,"source_id":99999999999,"listened_at":1500000000,"track":{}}', "malformed"),
    (b'{"v":1,"source_id":-1,"listened_at":1500000000,"track":{}}', "malformed"),
    (b'{"v":1,"source_id":4242,"listened_at":1500000000,"track":{"artists":["A"],"title":"T"}}', "unknown_source"),
]


def test_messages_that_are_no_listens_become_dead_letters_and_their_neighbours_are_stored(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    topic = lane_topic(cluster.topic_prefix, "import").name
    producer = Producer(client_config(cluster))
    headers: list[tuple[str, str | bytes | None]] = [("who", b"\xff\0"), ("nothing", None)]
    publish(cluster, "import", source, plays(600))
    for content, _ in GARBAGE:
        for partition in range(PARTITIONS):
            producer.produce(topic, content, b"\0key", partition, headers=headers)
    assert producer.flush(30) == 0
    publish(cluster, "import", source, plays(600, 600))
    worker = commands.worker()
    everything = 1_200 + len(GARBAGE) * PARTITIONS
    eventually(lambda: dealt_with(connection) == everything, worker)
    assert counted(connection) == (everything, 1_200, 0, len(GARBAGE) * PARTITIONS, 1_200)
    assert problems(connection) == []
    kept = connection.execute(
        'select value, reason, key, headers, stage from dead_letter where partition = 4 order by "offset"'
    ).fetchall()
    assert kept == [
        (content, reason, b"\0key", [["who", "ff00"], ["nothing", None]], "decode") for content, reason in GARBAGE
    ]


def test_one_play_that_the_database_refuses_is_a_dead_letter_and_the_others_are_stored(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    refused = plays(1_000)[617]
    connection.execute(f"alter table listen add check (listened_at <> to_timestamp({refused.listened_at}))".encode())
    publish(cluster, "import", source, plays(1_000))
    worker = commands.worker()
    eventually(lambda: dealt_with(connection) == 1_000, worker)
    assert counted(connection) == (1_000, 999, 0, 1, 999)
    assert problems(connection) == []
    (letter,) = connection.execute("select stage, reason, detail, source_id, value from dead_letter").fetchall()
    assert letter[:2] == ("store", "unstorable")
    assert "listen_listened_at_check" in letter[2]
    assert letter[3] == source
    assert str(refused.listened_at).encode() in letter[4]


def test_a_database_that_ends_and_cancels_sessions_delays_plays_but_loses_none(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    worker = commands.worker(**TALKATIVE)
    eventually(lambda: shares(admin(cluster), cluster.group) == [2 * PARTITIONS], worker)
    for round_, strike in enumerate([end_sessions, cancel_statements] * 3):
        publish(cluster, "import", source, plays(5_000, round_ * 5_000))
        eventually(partial(strike, connection), worker)  # it may be about to connect again after the last strike
    eventually(lambda: dealt_with(connection) == 30_000, worker)
    require_stored_once(connection, 30_000)
    worker.require_alive()
    assert "administrator command" in worker.said


@pytest.mark.parametrize("strike", [end_sessions, cancel_statements])
def test_a_batch_that_failed_is_stored_though_no_message_follows_it(
    commands: Commands,
    cluster: Settings,
    source: int,
    connection: psycopg.Connection,
    strike: Callable[[psycopg.Connection], int],
) -> None:
    worker = commands.worker()
    eventually(lambda: shares(admin(cluster), cluster.group) == [2 * PARTITIONS], worker)
    with held(connection, "lock table listen in exclusive mode"):
        publish(cluster, "import", source, plays(200))
        eventually(lambda: blocked(connection), worker)
        assert strike(connection) == 1
        eventually(lambda: not blocked(connection), worker)
    eventually(lambda: dealt_with(connection) == 200, worker)
    require_stored_once(connection, 200)


def test_a_fenced_worker_goes_on_where_the_partitions_stand_though_no_message_follows(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    worker = commands.worker()
    ours = "update consumer_offset set next_offset = next_offset + 1, skipped = skipped + 1 where topic like '%.import'"
    placed = "select count(*) from consumer_offset"
    eventually(lambda: connection.execute(placed).fetchone() == (2 * PARTITIONS,), worker)
    # As if another worker had passed the first message of every partition while this one was about to store it.
    with held(connection, ours):
        publish(cluster, "import", source, plays(500))
        eventually(lambda: blocked(connection), worker)
    eventually(lambda: dealt_with(connection) == 500 - PARTITIONS, worker)
    assert "another worker owns a partition of this batch" in worker.said
    assert problems(connection) == []
    worker.require_alive()


def test_a_worker_outlives_a_database_that_takes_no_connections(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, servers: tuple[str, str]
) -> None:
    worker = commands.worker(**TALKATIVE)
    publish(cluster, "import", source, plays(1_000))
    eventually(lambda: dealt_with(connection) == 1_000, worker)
    (name,) = connection.execute("select current_database()").fetchone() or ("",)
    with psycopg.connect(servers[1], autocommit=True) as operator:
        operator.execute(f'alter database "{name}" allow_connections false'.encode())
        end_sessions(connection)
        publish(cluster, "import", source, plays(1_000, 1_000))
        eventually(lambda: worker.said.count('"event":"waiting"') >= 3, worker)
        assert "not currently accepting connections" in worker.said
        assert shares(admin(cluster), cluster.group) == [2 * PARTITIONS]
        operator.execute(f'alter database "{name}" allow_connections true'.encode())
    eventually(lambda: dealt_with(connection) == 2_000, worker)
    require_stored_once(connection, 2_000)


def test_a_read_only_database_stops_the_worker_and_makes_no_dead_letters(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    worker = commands.worker()
    publish(cluster, "import", source, plays(10))
    eventually(lambda: dealt_with(connection) == 10, worker)
    (name,) = connection.execute("select current_database()").fetchone() or ("",)
    connection.execute(f'alter database "{name}" set default_transaction_read_only = on'.encode())
    end_sessions(connection)
    publish(cluster, "import", source, plays(10, 10))
    assert worker.ended() == 78
    assert "read-only" in worker.said
    assert counted(connection) == (10, 10, 0, 0, 10)
    assert problems(connection) == []

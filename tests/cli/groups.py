"""What Kafka and Postgres know about the workers of a group."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import psycopg
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

import sql
from consumers.listens.runs import Partition
from producers.publish import Publisher
from schemas.broker import admin, client_config, topic_ids
from schemas.ensuring import ensure_topics
from schemas.listen import Listen, Track
from schemas.settings import Settings
from schemas.topics import Lane, lane_topic
from tests.cli.commands import eventually

SECONDS = 30.0
FIRST = 1_500_000_000


def plays(number: int, first: int = 0) -> list[Listen]:
    """Different plays of some thousand tracks, so that every partition has its share."""
    return [
        Listen(FIRST + at, Track((f"Artist {at % 211}",), f"Song {at % 3001}", f"Album {at % 211}"), 1_000 + at)
        for at in range(first, first + number)
    ]


def publish(settings: Settings, lane: Lane, source: int, listens: list[Listen]) -> None:
    # Idempotence costs the first message of every producer half a second, and there are many here.
    quick = msgspec.structs.replace(
        settings, kafka_properties=settings.kafka_properties | {"enable.idempotence": "false"}
    )
    publisher = Publisher(quick, lane_topic(settings.topic_prefix, lane).name, source)
    for listen in listens:
        publisher.send(listen)
    assert publisher.flush(SECONDS)


def partition_of(settings: Settings, lane: Lane, number: int) -> Partition:
    topic = lane_topic(settings.topic_prefix, lane).name
    return Partition(topic_ids(admin(settings), [topic])[topic], topic, number)


def place_at(connection: psycopg.Connection, partition: Partition, offset: int) -> None:
    """Make the ledger say that a partition was read up to there."""
    connection.execute(
        "insert into consumer_offset (topic_id, topic, partition, first_offset, next_offset)"
        " values (%s, %s, %s, %s, %s)",
        (partition.topic_id, partition.topic, partition.number, offset, offset),
    )


def shares(client: AdminClient, group: str) -> list[int]:
    """How many partitions each member of the group has."""
    try:
        described = client.describe_consumer_groups([group], request_timeout=SECONDS)[group].result(SECONDS)
    except KafkaException:
        return []  # nobody has joined it yet, or its coordinator is busy: who asks will ask again
    return sorted(len(member.assignment.topic_partitions) for member in described.members)


def delete_beginning(settings: Settings, partition: Partition, before: int) -> None:
    """What retention does."""
    client = admin(settings)
    for deleted in client.delete_records([TopicPartition(partition.topic, partition.number, before)]).values():
        deleted.result(SECONDS)


def recreate(settings: Settings, lane: Lane) -> None:
    """Delete a topic with all its messages, and make it again."""
    topic, client = lane_topic(settings.topic_prefix, lane).name, admin(settings)
    client.delete_topics([topic])[topic].result(30)
    eventually(lambda: topic not in client.list_topics(timeout=5).topics)
    ensure_topics(settings)


def be_impatient(settings: Settings) -> None:
    """Have the broker miss a silent worker of this group after 3 seconds."""
    client = admin(settings)
    entry = ConfigEntry("consumer.session.timeout.ms", "3000", incremental_operation=AlterConfigOpType.SET)
    group = ConfigResource(ResourceType.GROUP, settings.group, incremental_configs=[entry])
    client.incremental_alter_configs([group])[group].result(SECONDS)


def commit_to_kafka(settings: Settings, positions: list[TopicPartition]) -> None:
    """What a tool that resets offsets would do."""
    consumer = Consumer(client_config(settings, group_id=settings.group, enable_auto_commit=False))
    try:
        for committed in consumer.commit(offsets=positions, asynchronous=False) or []:
            assert committed.error is None
    finally:
        consumer.close()


def end_sessions(connection: psycopg.Connection) -> int:
    """Break the connections of all workers; how many there were."""
    return connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name = 'scrobbles consume' and datname = current_database()"
    ).rowcount


def cancel_statements(connection: psycopg.Connection) -> int:
    """Cancel what the workers have the database do at this moment; their connections stay."""
    return connection.execute(
        "select pg_cancel_backend(pid) from pg_stat_activity"
        " where application_name = 'scrobbles consume' and datname = current_database()"
    ).rowcount


@contextmanager
def held(connection: psycopg.Connection, statement: str) -> Iterator[None]:
    """What another session does and has not yet committed, while the block runs."""
    parameters = connection.info.dsn, connection.info.password
    with psycopg.connect(parameters[0], password=parameters[1]) as other:
        other.execute(statement.encode())
        yield


def blocked(connection: psycopg.Connection) -> int:
    """How many workers wait for a lock."""
    (count,) = connection.execute(
        "select count(*) from pg_stat_activity where application_name = 'scrobbles consume'"
        " and datname = current_database() and wait_event_type = 'Lock'"
    ).fetchone() or (0,)
    return int(count)


def dealt_with(connection: psycopg.Connection) -> int:
    """How many messages the workers have stored or buried."""
    (read, *_) = connection.execute(sql.read("ledger")).fetchone() or (0,)
    return int(read)

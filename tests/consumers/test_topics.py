"""A topic that is deleted, or deleted and recreated, stops its workers: they neither skip nor repeat in silence."""

import psycopg
import pytest
from confluent_kafka.admin import AdminClient

from schemas.broker import admin
from schemas.ensuring import ensure_topics
from schemas.settings import Settings
from schemas.topics import PARTITIONS, lane_topic
from tests.cli.commands import Commands, eventually
from tests.cli.groups import dealt_with, plays, publish, shares
from tests.consumers.logs import problems

PROTOCOLS = ["consumer", "classic"]


@pytest.fixture
def client(cluster: Settings) -> AdminClient:
    return admin(cluster)


def delete(client: AdminClient, topic: str) -> None:
    client.delete_topics([topic])[topic].result(30)
    eventually(lambda: topic not in client.list_topics(timeout=5).topics)


def require_stopped_for(event: str, said: str, topic: str) -> None:
    assert said.count(f'"event":"{event}"') == 1
    assert topic in said
    assert f"scrobbles offsets adopt {topic}" in said or event == "topic_gone"


def test_a_worker_that_starts_after_a_topic_was_recreated_reads_nothing_of_it(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    topic = lane_topic(cluster.topic_prefix, "import").name
    connection.execute(
        "insert into consumer_offset (topic_id, topic, partition) values (gen_random_uuid(), %s, 3)", (topic,)
    )
    publish(cluster, "import", source, plays(100))
    publish(cluster, "live", source, plays(100))
    worker = commands.worker(SCROBBLES_LOG_FORMAT="json")
    assert worker.ended() == 65
    require_stopped_for("topic_id_changed", worker.said, topic)
    assert dealt_with(connection) == 0


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_worker_notices_that_a_topic_was_recreated_while_it_read(
    commands: Commands,
    cluster: Settings,
    client: AdminClient,
    source: int,
    connection: psycopg.Connection,
    protocol: str,
) -> None:
    topic = lane_topic(cluster.topic_prefix, "import").name
    worker = commands.worker(SCROBBLES_LOG_FORMAT="json", SCROBBLES_GROUP_PROTOCOL=protocol)
    publish(cluster, "import", source, plays(1_000))
    eventually(lambda: dealt_with(connection) == 1_000, worker)
    delete(client, topic)
    ensure_topics(cluster)
    # More than before: the client would go on behind the offset where it stood.
    publish(cluster, "import", source, plays(3_000, 1_000))
    assert worker.ended() == 65
    require_stopped_for("topic_id_changed", worker.said, topic)
    assert problems(connection) == []


def test_a_worker_does_not_outlive_its_topic(
    commands: Commands, cluster: Settings, client: AdminClient, source: int, connection: psycopg.Connection
) -> None:
    topic = lane_topic(cluster.topic_prefix, "import").name
    worker = commands.worker(SCROBBLES_LOG_FORMAT="json")
    eventually(lambda: shares(client, cluster.group) == [2 * PARTITIONS], worker)
    publish(cluster, "import", source, plays(10))
    eventually(lambda: dealt_with(connection) == 10, worker)
    delete(client, topic)
    assert worker.ended() == 65
    require_stopped_for("topic_gone", worker.said, topic)

"""A real Kafka and a real Postgres for the whole run; for each test a database, topics and a consumer group of its own.

SCROBBLES_TEST_KAFKA, SCROBBLES_TEST_DATABASE_URL   servers that run already; the role must be allowed to make databases
SCROBBLES_TEST_CONTAINERS=1                         containers, where Docker is
nothing set                                         a stack of our own, which is gone afterwards
"""

import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg
import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition

from deploy.local import stack
from schemas.ensuring import ensure_topics
from schemas.settings import PREFIX, Settings
from sql.migrate import migrate
from tests.cli.commands import Commands, eventually

KAFKA_IMAGE = "apache/kafka:4.3.1"
POSTGRES_IMAGE = "postgres:18"


class Servers(NamedTuple):
    kafka: str
    database_url: str


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with running_servers() as started:
        await_coordinator(started.kafka)
        yield started


@contextmanager
def running_servers() -> Iterator[Servers]:
    kafka, database_url = (os.environ.get(f"{PREFIX}TEST_{name}") for name in ("KAFKA", "DATABASE_URL"))
    if kafka and database_url:
        yield Servers(kafka, database_url)
    elif os.environ.get(f"{PREFIX}TEST_CONTAINERS") == "1":
        with containers() as started:
            yield started
    else:
        with local_stack() as started:
            yield started


def await_coordinator(kafka: str) -> None:
    """A new broker makes the topic of committed offsets when a group first asks for it.

    librdkafka 2.16 may hang in the destructor of an admin client that asked about a group meanwhile.
    """
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "first"})

    def answers() -> bool:
        try:
            return bool(consumer.committed([TopicPartition("no-such-topic", 0)], timeout=10))
        except KafkaException:
            return False

    try:
        eventually(answers)
    finally:
        consumer.close()


@contextmanager
def local_stack() -> Iterator[Servers]:
    # Not pytest's tmp_path: as root it lies in a folder that the servers' user cannot enter.
    parent = Path(tempfile.mkdtemp(prefix="scrobbles-test-"))
    parent.chmod(0o755)
    try:
        started = stack.servers(parent / "data")
        if started.group_protocol != "consumer":
            pytest.exit("these tests need a real Apache Kafka: install Java 17 and Maven, or see tests/conftest.py", 1)
        # A machine that loses its power is no part of these tests: with the disk they take twice as long.
        with psycopg.connect(started.database_url, autocommit=True) as connection:
            connection.execute("alter system set fsync = off")
            connection.execute("alter system set full_page_writes = off")
            connection.execute("select pg_reload_conf()")
        yield Servers(started.kafka, started.database_url)
    finally:
        stack.stop(parent / "data", purging=True)
        shutil.rmtree(parent)


@contextmanager
def containers() -> Iterator[Servers]:
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - only where Docker is
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy  # noqa: PLC0415

    # Not the library's KafkaContainer, which knows Confluent's image only. A broker must tell clients its address
    # before it starts, so the port is chosen here.
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        port = chosen.getsockname()[1]
    kafka = DockerContainer(KAFKA_IMAGE).with_bind_ports(port, port)
    address = f"{kafka.get_docker_client().host()}:{port}"
    properties = {
        "node.id": "1",
        "process.roles": "broker,controller",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": "1@localhost:9093",
        "listeners": f"PLAINTEXT://:{port},CONTROLLER://:9093",
        "advertised.listeners": f"PLAINTEXT://{address}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.consumer.min.heartbeat.interval.ms": "500",
        "group.consumer.heartbeat.interval.ms": "500",
        "group.consumer.min.session.timeout.ms": "3000",
        "group.consumer.session.timeout.ms": "6000",
    }
    for name, value in properties.items():
        kafka.with_env("KAFKA_" + name.replace(".", "_").upper(), value)
    kafka.waiting_for(LogMessageWaitStrategy("Kafka Server started"))
    with kafka, PostgresContainer(POSTGRES_IMAGE, driver=None) as postgres:
        yield Servers(address, postgres.get_connection_url())


@pytest.fixture(scope="session")
def template(servers: Servers) -> Iterator[str]:
    """The name of a database with our schema and nothing in it."""
    with emptied_database(servers.database_url) as url:
        migrate(url)
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture
def database(servers: Servers, template: str) -> Iterator[str]:
    """The address of a database with our schema, of this test alone."""
    with emptied_database(servers.database_url, template) as url:
        yield url


@pytest.fixture
def bare_database(servers: Servers) -> Iterator[str]:
    """The address of a database without our schema."""
    with emptied_database(servers.database_url) as url:
        yield url


@contextmanager
def emptied_database(server_url: str, template: str = "template1") -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'create database "{name}" template "{template}"'.encode())
        try:
            yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'drop database "{name}" with (force)'.encode())


@pytest.fixture
def settings(servers: Servers, database: str, tmp_path: Path) -> Settings:
    """Settings whose topics and group belong to this test; no topic exists yet."""
    own = f"test-{secrets.token_hex(6)}"
    return Settings(tmp_path, servers.kafka, database, topic_prefix=own, group=own)


@pytest.fixture
def cluster(settings: Settings) -> Settings:
    """The same with their topics made."""
    ensure_topics(settings)
    return settings


@pytest.fixture
def commands(settings: Settings, tmp_path: Path) -> Iterator[Commands]:
    """Runs `scrobbles` with the settings of this test; what still runs at its end is killed."""
    with Commands(settings, tmp_path) as started:
        yield started

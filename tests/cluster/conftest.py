import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest
from confluent_kafka.admin import AclOperation, ResourceType

from schemas.ensuring import ensure_topics
from schemas.settings import Settings
from tests.cli.commands import Commands
from tests.cluster.kafka import Cluster
from tests.consumers.logs import new_source


@pytest.fixture(scope="session")
def three_nodes() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="scrobbles-cluster-"))
    made = Cluster(folder)
    try:
        made.restore()
        yield made
    finally:
        made.close()
        shutil.rmtree(folder)


@pytest.fixture
def nodes(three_nodes: Cluster) -> Iterator[Cluster]:
    """A cluster that the test may harm: it is whole when it begins."""
    yield three_nodes
    three_nodes.restore()


@pytest.fixture
def operator(nodes: Cluster, database: str, tmp_path: Path) -> Settings:
    """Settings of somebody who may do everything, with topics and a group of this test alone; the topics are there."""
    own = f"test-{secrets.token_hex(6)}"
    chosen = Settings(tmp_path, nodes.address, database, own, own, kafka_properties=nodes.properties())
    ensure_topics(chosen)
    return chosen


@pytest.fixture
def worker_settings(nodes: Cluster, operator: Settings) -> Settings:
    """The same for a user who may do no more than a worker must."""
    topics = {(ResourceType.TOPIC, operator.topic_prefix): (AclOperation.READ,)}
    nodes.allow("worker", topics | {(ResourceType.GROUP, operator.group): (AclOperation.READ,)})
    return msgspec.structs.replace(operator, kafka_properties=nodes.properties("worker"))


@pytest.fixture
def importer_settings(nodes: Cluster, operator: Settings) -> Settings:
    """The same for a user who may do no more than an import must."""
    nodes.allow("importer", {(ResourceType.TOPIC, operator.topic_prefix): (AclOperation.WRITE,)})
    return msgspec.structs.replace(operator, kafka_properties=nodes.properties("importer"))


@pytest.fixture
def workers(worker_settings: Settings, tmp_path: Path) -> Iterator[Commands]:
    with Commands(worker_settings, tmp_path) as started:
        yield started


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def source(connection: psycopg.Connection) -> int:
    return new_source(connection)

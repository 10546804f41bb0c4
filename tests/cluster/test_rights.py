"""What a cluster refuses: each right that is missing, and each mistake about TLS, is named, with 77 or 78."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec
import orjson
import psycopg
import pytest
from confluent_kafka.admin import AclOperation, ResourceType

from schemas.settings import Settings
from schemas.topics import LANES
from tests.cli.commands import Commands, eventually
from tests.cli.groups import dealt_with
from tests.cluster.certificates import Authority
from tests.cluster.kafka import Cluster
from tests.consumers.logs import problems

Change: TypeAlias = Callable[[Settings, Path], Settings]
ROWS = 500


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """What Maloja exports."""
    rows = [
        {"time": 1_500_000_000 + at, "track": {"artists": [f"Artist {at % 7}"], "title": f"Song {at}"}}
        for at in range(ROWS)
    ]
    path = tmp_path / "maloja_export.json"
    path.write_bytes(orjson.dumps({"maloja": {"export_time": 1_700_000_000}, "scrobbles": rows}))
    return path


@pytest.fixture
def bare(nodes: Cluster, operator: Settings) -> Settings:
    """A user who may log in and nothing else: names that no rule of another test allows anything for."""
    own = f"bare-{secrets.token_hex(6)}"
    return msgspec.structs.replace(operator, topic_prefix=own, group=own, kafka_properties=nodes.properties("operator"))


def test_the_least_rights_suffice_to_import_and_to_store(
    workers: Commands, importer_settings: Settings, connection: psycopg.Connection, tmp_path: Path, export: Path
) -> None:
    worker = workers.worker()
    with Commands(importer_settings, tmp_path) as importer:
        done = importer.run("import", "--json", str(export))
        assert (done.code, done.answer["state"], done.answer["inserted"]) == (0, "done", ROWS), done.errors
        assert importer.run("verify").code == 0
    worker.require_alive()
    assert dealt_with(connection) == ROWS
    assert problems(connection) == []


def test_every_right_that_is_missing_for_the_topics_is_named(bare: Settings, tmp_path: Path, nodes: Cluster) -> None:
    topics = [f"{bare.topic_prefix}.{lane}" for lane in LANES]
    with Commands(bare, tmp_path) as commands:
        for granted, wanted in ((AclOperation.DESCRIBE, "Describe"), (AclOperation.CREATE, "Create")):
            done = commands.run("topics", "ensure")
            assert done.code == 77, done.errors
            assert f"{wanted} on the topics {' and '.join(topics)}" in done.errors
            nodes.allow("operator", {(ResourceType.TOPIC, bare.topic_prefix): (granted,)})
        eventually(lambda: commands.run("topics", "ensure").code != 77)
        done = commands.run("topics", "ensure")
        assert done.code == 77, done.errors
        assert f"DescribeConfigs on the topics {' and '.join(topics)}" in done.errors
        nodes.allow("operator", {(ResourceType.TOPIC, bare.topic_prefix): (AclOperation.DESCRIBE_CONFIGS,)})
        eventually(lambda: commands.run("topics", "ensure").code == 0)


@pytest.mark.parametrize(
    ("granted", "wanted"),
    [
        ([], "Describe on the topic"),
        ([(ResourceType.TOPIC, AclOperation.DESCRIBE)], "Read on the group"),
        ([(ResourceType.TOPIC, AclOperation.DESCRIBE), (ResourceType.GROUP, AclOperation.READ)], "Read on the topic"),
    ],
)
def test_a_right_that_a_worker_lacks_is_named(
    nodes: Cluster,
    operator: Settings,
    tmp_path: Path,
    granted: list[tuple[ResourceType, AclOperation]],
    wanted: str,
) -> None:
    for kind, operation in granted:
        nodes.allow("operator", {(kind, operator.topic_prefix): (operation,)})
    chosen = msgspec.structs.replace(operator, kafka_properties=nodes.properties("operator"))
    with Commands(chosen, tmp_path) as commands:
        worker = commands.worker()
        assert worker.ended() == 77
        assert f"{wanted} {operator.topic_prefix}" in worker.said


def test_an_import_that_may_not_write_names_the_right(
    nodes: Cluster, operator: Settings, tmp_path: Path, export: Path
) -> None:
    nodes.allow("operator", {(ResourceType.TOPIC, operator.topic_prefix): (AclOperation.DESCRIBE,)})
    chosen = msgspec.structs.replace(operator, kafka_properties=nodes.properties("operator"))
    with Commands(chosen, tmp_path) as commands:
        done = commands.run("import", str(export))
        assert done.code == 77, done.errors
        assert f"Write on the topic {operator.topic_prefix}.import" in done.errors
        assert "Traceback" not in done.errors


def other_authority(chosen: Settings, folder: Path) -> Settings:
    return with_properties(chosen, {"ssl.ca.location": str(Authority(folder, "another").certificate)})


def with_properties(chosen: Settings, changed: dict[str, str]) -> Settings:
    return msgspec.structs.replace(chosen, kafka_properties=chosen.kafka_properties | changed)


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        (other_authority, 78, "TLS"),
        (lambda chosen, _: with_properties(chosen, {"ssl.ca.location": "/nowhere.pem"}), 78, "ssl.ca.location"),
        (
            lambda chosen, _: msgspec.structs.replace(chosen, kafka=chosen.kafka.replace("localhost", "127.0.0.1")),
            78,
            "IP address mismatch",
        ),
        (lambda chosen, _: msgspec.structs.replace(chosen, kafka_properties={}), 78, "expects TLS"),
        (lambda chosen, _: with_properties(chosen, {"security.protocol": "SASL_PLAINTEXT"}), 78, "expects TLS"),
        (lambda chosen, _: with_properties(chosen, {"sasl.password": "another"}), 77, "SASL"),
        (lambda chosen, _: with_properties(chosen, {"sasl.mechanism": "PLAIN"}), 77, "SCRAM-SHA-512"),
    ],
)
def test_what_is_wrong_with_tls_or_the_login_is_named(
    operator: Settings, tmp_path: Path, change: Change, code: int, sentence: str
) -> None:
    with Commands(change(operator, tmp_path), tmp_path) as commands:
        worker = commands.worker()
        assert worker.ended() == code, worker.said
        assert sentence in worker.said
        done = commands.run("topics", "ensure")
        assert (done.code, sentence in done.errors) == (code, True), done.errors


def test_tls_at_a_port_without_it_is_named(operator: Settings, servers: tuple[str, str], tmp_path: Path) -> None:
    with Commands(msgspec.structs.replace(operator, kafka=servers[0]), tmp_path) as commands:
        done = commands.run("topics", "ensure")
        assert (done.code, "does not speak TLS" in done.errors) == (78, True), done.errors

"""What a worker says about itself over HTTP: whether it lives, whether it is at work, how far behind it is."""

import http.client
import json
import socket
import time

import psycopg
import pytest
from confluent_kafka import Consumer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from consumers.listens.loop import Health
from consumers.listens.serving import SLOW_SECONDS, STUCK_SECONDS, serving
from consumers.listens.taking import Limits, take
from schemas import metrics
from schemas.broker import client_config
from schemas.settings import Settings
from schemas.topics import LANES, PARTITIONS, lane_topic
from tests.cli.commands import SECONDS, Commands, address_of, ask, eventually
from tests.cli.groups import dealt_with, end_sessions, plays, publish


def measured(address: str) -> dict[tuple[str, tuple[str, ...]], float]:
    status, text = ask(address, "/metrics")
    assert status == 200
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("scrobble_")
    }


def lags(address: str, metric: str) -> dict[tuple[str, ...], float]:
    return {labels: value for (name, labels), value in measured(address).items() if name == metric}


def reasons(health: Health, path: str) -> list[str]:
    with serving(lambda: health, "127.0.0.1", 0) as address:
        status, body = ask(address, path)
    answer = json.loads(body)
    assert answer["ok"] == (status == 200) == (not answer["reasons"])
    assert status in (200, 503)
    found: list[str] = answer["reasons"]
    return found


def test_a_loop_that_stands_still_does_not_live() -> None:
    now = time.monotonic()
    assert reasons(Health(now, "the database is away", 0, 0), "/livez") == []
    assert reasons(Health(now - SLOW_SECONDS - 1, None, 24, 1), "/livez") == []
    (reason,) = reasons(Health(now - STUCK_SECONDS - 1, None, 24, 1), "/livez")
    assert reason.startswith("the loop has stalled for 121 s")


def test_a_loop_that_stands_still_for_some_seconds_is_not_ready() -> None:
    now = time.monotonic()
    assert reasons(Health(now - SLOW_SECONDS / 2, None, 24, 1), "/readyz") == []
    (reason,) = reasons(Health(now - SLOW_SECONDS - 1, None, 24, 1), "/readyz")
    assert reason.startswith("the loop has stalled for 11 s")


def test_a_worker_without_partitions_or_database_is_not_ready_and_says_why() -> None:
    now = time.monotonic()
    assert reasons(Health(now, None, 24, 1), "/readyz") == []
    assert reasons(Health(now, None, 0, 0), "/readyz") == ["the group has given it no partitions"]
    assert reasons(Health(now, "connection refused", 24, 1), "/readyz") == ["connection refused"]


def test_a_client_that_says_nothing_keeps_nobody_waiting() -> None:
    health = Health(time.monotonic(), None, 1, 1)
    with serving(lambda: health, "127.0.0.1", 0) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))):
            assert ask(address, "/livez")[0] == 200
            assert ask(address, "/elsewhere")[0] == 404


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
@pytest.mark.parametrize(("idle", "status"), [(0, 200), (STUCK_SECONDS + 1, 503)])
def test_a_probe_may_ask_for_the_status_alone(path: str, idle: float, status: int) -> None:
    health = Health(time.monotonic() - idle, None, 24, 1)
    with serving(lambda: health, "127.0.0.1", 0) as address:
        asked = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
        asked.request("HEAD", path)
        answer = asked.getresponse()
        assert (answer.status, answer.read()) == (status, b"")
        assert int(answer.headers["Content-Length"]) > 0
        asked.close()


def test_a_worker_tells_how_far_behind_it_is_and_what_it_has_stored(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    worker = commands.worker()
    address = address_of(worker)
    assert address.startswith("http://127.0.0.1:")
    eventually(lambda: ask(address, "/readyz")[0] == 200, worker)
    assert ask(address, "/livez")[0] == 200
    publish(cluster, "import", source, plays(600))
    eventually(lambda: dealt_with(connection) == 600, worker)
    every = {
        (str(number), lane_topic(cluster.topic_prefix, lane).name) for lane in LANES for number in range(PARTITIONS)
    }
    eventually(lambda: lags(address, metrics.LAG_MESSAGES) == dict.fromkeys(every, 0), worker)
    assert lags(address, metrics.LAG_SECONDS) == dict.fromkeys(every, 0)
    found = measured(address)
    assert found[metrics.SINK_ROWS, ("inserted",)] == 600
    assert found[metrics.ASSIGNED_PARTITIONS, ()] == len(LANES) * PARTITIONS
    assert found[metrics.REBALANCES, ()] >= 1
    batches = found[f"{metrics.SINK_BATCH_AGE}_count", ()]
    assert 1 <= batches == sum(lags(address, metrics.SINK_FLUSH_REASONS).values())
    assert found[f"{metrics.SINK_BATCH_AGE}_sum", ()] >= found[f"{metrics.SINK_FLUSH_SECONDS}_sum", ()] > 0
    assert "Artist" not in ask(address, "/metrics")[1]


def test_a_worker_tells_how_many_dead_letters_wait_for_a_person(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    connection.execute(
        'insert into dead_letter (topic_id, topic, partition, "offset", source_id, stage, reason, detail, replayed_at)'
        " select gen_random_uuid(), 'before', 0, 0, 0, 'decode', 'empty', '', replayed from"
        " (values (null), (now())) as letter (replayed)"
    )
    worker = commands.worker()
    address = address_of(worker)
    waiting = (metrics.DEAD_LETTERS_WAITING, ())
    eventually(lambda: measured(address).get(waiting) == 1, worker)
    publish(cluster, "import", source + 1, plays(3))
    eventually(lambda: measured(address)[waiting] == 4, worker)


def test_a_batch_says_why_no_more_was_taken_into_it(cluster: Settings) -> None:
    publish(cluster, "import", 1, plays(2_100))
    consumer = Consumer(client_config(cluster, group_id="reader", enable_auto_commit=False))
    # The client waits for all that it was asked for, which is a thousand at most.
    patient = Limits(rows=5_000, bytes=10**9, seconds=SECONDS, lull=SECONDS)
    try:
        topic = lane_topic(cluster.topic_prefix, "import").name
        consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
        taken = [
            take(consumer, limits)
            for limits in (
                patient._replace(rows=5),
                patient._replace(bytes=1),
                patient._replace(lull=0.01),
                patient._replace(seconds=0.0),
            )
        ]
    finally:
        consumer.close()
    assert [each.closed for each in taken] == ["rows", "bytes", "lull", "time"]
    assert [len(each.messages) for each in taken[:2]] == [5, 1_000]


def test_while_the_database_is_away_a_worker_lives_but_is_not_ready(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, servers: tuple[str, str]
) -> None:
    worker = commands.worker()
    address = address_of(worker)
    publish(cluster, "import", source, plays(1_000))
    eventually(lambda: dealt_with(connection) == 1_000, worker)
    (name,) = connection.execute("select current_database()").fetchone() or ("",)
    with psycopg.connect(servers[1], autocommit=True) as operator:
        operator.execute(f'alter database "{name}" allow_connections false'.encode())
        end_sessions(connection)
        publish(cluster, "import", source, plays(1_000, 1_000))
        eventually(lambda: "not currently accepting connections" in ask(address, "/readyz")[1], worker)
        assert ask(address, "/readyz")[0] == 503
        assert ask(address, "/livez")[0] == 200
        eventually(lambda: sum(lags(address, metrics.LAG_MESSAGES).values()) == 1_000, worker)
        publish(cluster, "live", source, plays(1_000, 2_000))
        eventually(lambda: sum(lags(address, metrics.LAG_MESSAGES).values()) == 2_000, worker)
        assert max(lags(address, metrics.LAG_SECONDS).values()) > 0
        operator.execute(f'alter database "{name}" allow_connections true'.encode())
    eventually(lambda: ask(address, "/readyz")[0] == 200, worker)
    eventually(lambda: dealt_with(connection) == 3_000, worker)
    eventually(lambda: sum(lags(address, metrics.LAG_MESSAGES).values()) == 0, worker)


@pytest.mark.usefixtures("cluster")
def test_a_port_that_somebody_has_is_a_wrong_setting(commands: Commands) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        worker = commands.worker(SCROBBLES_METRICS_PORT=str(port))
        assert worker.ended() == 78
    assert f"health and metrics cannot be served on 127.0.0.1:{port}" in worker.said

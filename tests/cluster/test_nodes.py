"""One node of three restarts, dies or freezes: nothing is lost or doubled, and idle workers stay calm and ready."""

import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeAlias

import psutil
import psycopg
import pytest

from producers.publish import Publisher
from schemas.settings import Settings
from schemas.topics import lane_topic
from tests.cli.commands import Commands, Worker, address_of, ask, eventually
from tests.cli.groups import dealt_with, plays
from tests.cluster.kafka import NODES, Cluster
from tests.faults.invariants import require_exact

Harm: TypeAlias = Callable[[Cluster, int], AbstractContextManager[None]]
READY_SECONDS = 30.0
IDLE_SECONDS = 20.0
IDLE_SHARE = 0.05


def killed(nodes: Cluster, node: int) -> AbstractContextManager[None]:
    nodes.end(node, signal.SIGKILL)
    return nullcontext()


def frozen(nodes: Cluster, node: int) -> AbstractContextManager[None]:
    return nodes.frozen(node)


def ready(workers: list[Worker]) -> Callable[[], bool]:
    addresses = [address_of(worker) for worker in workers]
    return lambda: all(ask(address, "/readyz")[0] == 200 for address in addresses)


def send(publisher: Publisher, first: int, number: int) -> None:
    for listen in plays(number, first):
        publisher.send(listen)


@pytest.mark.parametrize("harm", [killed, frozen])
def test_with_one_node_gone_idle_workers_are_ready_again_and_calm(
    nodes: Cluster,
    workers: Commands,
    importer_settings: Settings,
    source: int,
    connection: psycopg.Connection,
    harm: Harm,
) -> None:
    idle = [workers.worker() for _ in range(2)]
    is_ready = ready(idle)
    eventually(is_ready, *idle)
    with harm(nodes, nodes.controller()):
        harmed = time.monotonic()
        before = [psutil.Process(worker.pid).cpu_times() for worker in idle]
        # From the first moment: the worst that a client did, it did before it knew of another leader.
        eventually(lambda: time.monotonic() > harmed + IDLE_SECONDS, *idle)
        after = [psutil.Process(worker.pid).cpu_times() for worker in idle]
        spent = [now.user + now.system - then.user - then.system for then, now in zip(before, after, strict=True)]
        assert max(spent) < IDLE_SHARE * (time.monotonic() - harmed)
        eventually(is_ready, *idle, seconds=harmed + READY_SECONDS - time.monotonic())
        publisher = Publisher(importer_settings, lane_topic(importer_settings.topic_prefix, "live").name, source)
        send(publisher, 0, 2_000)
        assert publisher.flush(60)
        eventually(lambda: dealt_with(connection) == 2_000, *idle)
    nodes.restore()
    eventually(is_ready, *idle)
    require_exact(importer_settings, connection, plays(2_000), *idle)


def test_a_rolling_restart_under_load_costs_nothing(
    nodes: Cluster, workers: Commands, importer_settings: Settings, source: int, connection: psycopg.Connection
) -> None:
    busy = [workers.worker() for _ in range(2)]
    publisher = Publisher(importer_settings, lane_topic(importer_settings.topic_prefix, "import").name, source)
    for at, node in enumerate(NODES):
        send(publisher, 10_000 * at, 5_000)
        nodes.end(node, signal.SIGTERM)
        send(publisher, 10_000 * at + 5_000, 5_000)
        nodes.restore()
    assert publisher.flush(60)
    require_exact(importer_settings, connection, plays(10_000 * len(NODES)), *busy)


@pytest.mark.parametrize("harm", [killed, frozen])
def test_a_node_that_dies_or_freezes_under_load_costs_nothing(
    nodes: Cluster,
    workers: Commands,
    importer_settings: Settings,
    source: int,
    connection: psycopg.Connection,
    harm: Harm,
) -> None:
    busy = [workers.worker() for _ in range(2)]
    publisher = Publisher(importer_settings, lane_topic(importer_settings.topic_prefix, "import").name, source)
    send(publisher, 0, 10_000)
    eventually(lambda: dealt_with(connection) > 0, *busy)
    with harm(nodes, nodes.controller()):
        send(publisher, 10_000, 10_000)
        assert publisher.flush(90)
        eventually(lambda: dealt_with(connection) >= 20_000, *busy)
    repeated = dealt_with(connection) - 20_000
    require_exact(importer_settings, connection, plays(20_000), *busy, duplicate=repeated)

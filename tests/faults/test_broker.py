"""A Kafka that dies, freezes, is out of reach, or changes its mind: faults 28 to 31."""

from collections.abc import Iterator

import psycopg
import pytest

from producers.publish import Publisher
from schemas.broker import admin
from schemas.settings import Settings
from schemas.topics import PARTITIONS, lane_topic
from tests.cli.commands import Commands, Worker, address_of, ask, eventually
from tests.cli.groups import be_impatient, dealt_with, plays, publish, shares
from tests.faults.invariants import require_exact
from tests.faults.spare import Spare

SOURCE = 1


@pytest.fixture
def ledger_of(spared: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(spared.database_url or "", autocommit=True) as connection:
        yield connection


def busy(commands: Commands, settings: Settings, connection: psycopg.Connection, **variables: str) -> list[Worker]:
    """Two workers in the middle of 20,000 plays."""
    workers = [commands.worker(**variables), commands.worker(**variables)]
    client = admin(settings)
    eventually(lambda: shares(client, settings.group) == [PARTITIONS, PARTITIONS], *workers)
    publish(settings, "import", SOURCE, plays(20_000))
    eventually(lambda: dealt_with(connection) > 0, *workers)
    return workers


def test_a_broker_killed_and_started_again_costs_nothing(
    spare: Spare, spared: Settings, spare_commands: Commands, ledger_of: psycopg.Connection
) -> None:
    workers = busy(spare_commands, spared, ledger_of)
    publisher = Publisher(spared, lane_topic(spared.topic_prefix, "live").name, SOURCE)
    spare.kill("kafka")
    for listen in plays(2_000, 20_000):
        publisher.send(listen)
    assert not publisher.flush(0.5)
    assert publisher.acknowledged == 0
    spare.start()
    # What was sent while it was away is sent when it is back.
    assert publisher.flush(30)
    require_exact(spared, ledger_of, plays(22_000), *workers)


def test_a_broker_frozen_for_longer_than_a_session_costs_nothing(
    spare: Spare, spared: Settings, spare_commands: Commands, ledger_of: psycopg.Connection
) -> None:
    be_impatient(spared)
    workers = busy(spare_commands, spared, ledger_of)
    addresses = [address_of(worker) for worker in workers]
    publisher = Publisher(spared, lane_topic(spared.topic_prefix, "live").name, SOURCE)
    with spare.frozen("kafka"):
        for listen in plays(2_000, 20_000):
            publisher.send(listen)
        # The group misses a worker after 3 seconds.
        assert not publisher.flush(5)
        eventually(lambda: all("Kafka does not answer" in ask(at, "/readyz")[1] for at in addresses), *workers)
        assert all(ask(address, "/livez")[0] == 200 for address in addresses)
    assert publisher.flush(30)
    eventually(lambda: all(ask(address, "/readyz")[0] == 200 for address in addresses), *workers)
    eventually(lambda: all(worker.said.count("kafka_back") == 1 for worker in workers), *workers)
    assert all(worker.said.count("Kafka does not answer: the broker") == 1 for worker in workers)
    require_exact(spared, ledger_of, plays(22_000), *workers)


def test_a_way_to_the_broker_that_is_cut_slow_or_swallows_costs_nothing(
    spare: Spare, spared: Settings, spare_commands: Commands, ledger_of: psycopg.Connection
) -> None:
    # A request that is not answered for this long is sent again; the default is a minute.
    impatient = {"SCROBBLES_KAFKA": spare.relayed, "SCROBBLES_KAFKA__SOCKET_TIMEOUT_MS": "2000"}
    workers = busy(spare_commands, spared, ledger_of, **impatient)
    assert spare.relay.cut_connections() >= len(workers)
    publish(spared, "import", SOURCE, plays(1_000, 20_000))
    eventually(lambda: dealt_with(ledger_of) == 21_000, *workers)
    spare.relay.black_hole(after=0)
    publish(spared, "import", SOURCE, plays(1_000, 21_000))
    eventually(lambda: not any(shares(admin(spared), spared.group)), *workers)
    spare.relay.mend()
    eventually(lambda: dealt_with(ledger_of) == 22_000, *workers)
    spare.relay.delay(0.05)
    publish(spared, "live", SOURCE, plays(1_000, 22_000))
    require_exact(spared, ledger_of, plays(23_000), *workers)


def test_a_broker_that_stays_away_bounds_what_a_producer_holds_and_ends_no_worker(
    spare: Spare, spared: Settings, spare_commands: Commands, ledger_of: psycopg.Connection
) -> None:
    worker = spare_commands.worker()
    publish(spared, "import", SOURCE, plays(100))
    eventually(lambda: dealt_with(ledger_of) == 100, worker)
    publisher = Publisher(spared, lane_topic(spared.topic_prefix, "live").name, SOURCE)
    spare.kill("kafka")
    listens = plays(50_000, 100)
    for listen in listens:
        publisher.send(listen)
    # The queue is full, and the next one has to wait: memory does not grow with the outage.
    with pytest.raises(BufferError):
        publisher._producer.produce("x", b"")
    worker.require_alive()
    spare.start()
    assert publisher.flush(30)
    require_exact(spared, ledger_of, plays(50_100), worker)

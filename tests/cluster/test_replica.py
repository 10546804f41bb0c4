"""A replica takes the place of its primary, and lacks what the primary committed last: the workers store it again."""

from collections.abc import Iterator

import msgspec
import psycopg
import pytest

from schemas.settings import Settings
from tests.cli.commands import Commands, eventually
from tests.cli.groups import dealt_with, plays, publish
from tests.cluster.postgres import Server, primary_and_replica
from tests.consumers.logs import new_source
from tests.faults.invariants import require_exact


@pytest.fixture
def pair() -> Iterator[tuple[Server, Server]]:
    with primary_and_replica() as started:
        yield started


# Where the address lets any host do, the worker meets the replica before it is promoted, and must not stay with it.
@pytest.mark.parametrize("wanted", ["read-write", "any"])
def test_a_replica_that_was_promoted_behind_is_brought_up_to_date(
    pair: tuple[Server, Server], cluster: Settings, wanted: str
) -> None:
    primary, replica = pair
    url = primary.url("worker", "plays", replica).replace("read-write", wanted)
    settings = msgspec.structs.replace(cluster, database_url=url)
    with psycopg.connect(primary.url("postgres"), autocommit=True) as connection:
        source = new_source(connection)
        with Commands(settings, cluster.data) as commands:
            workers = [commands.worker(), commands.worker()]
            publish(settings, "import", source, plays(1_000))
            eventually(lambda: dealt_with(connection) == 1_000, *workers)
            with psycopg.connect(replica.url("postgres"), autocommit=True) as copied:
                eventually(lambda: dealt_with(copied) == 1_000, *workers)
                replica.fall_behind()
                publish(settings, "import", source, plays(1_000, 1_000))
                eventually(lambda: dealt_with(connection) == 2_000, *workers)
                primary.kill()
                eventually(lambda: all(worker.said.count("waiting") > 1 for worker in workers), *workers)
                assert dealt_with(copied) == 1_000
                replica.promote()
                publish(settings, "import", source, plays(1_000, 2_000))
                owned = msgspec.structs.replace(settings, database_url=replica.url("owner"))
                require_exact(owned, copied, plays(3_000), *workers)


def test_a_worker_that_finds_a_standby_alone_waits_for_nothing_at_its_start(
    pair: tuple[Server, Server], cluster: Settings
) -> None:
    _, replica = pair
    settings = msgspec.structs.replace(cluster, database_url=replica.url("worker"))
    with Commands(settings, cluster.data) as commands:
        worker = commands.worker()
        assert worker.ended() == 69
        assert "is a standby" in worker.said

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from schemas.ensuring import ensure_topics
from schemas.settings import Settings
from sql.migrate import migrate
from tests.cli.commands import Commands
from tests.consumers.logs import new_source
from tests.faults.spare import Spare, spare_servers


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def source(connection: psycopg.Connection) -> int:
    return new_source(connection)


@pytest.fixture(scope="session")
def spare_stack() -> Iterator[Spare]:
    with spare_servers() as started:
        yield started


@pytest.fixture
def spare(spare_stack: Spare) -> Iterator[Spare]:
    """Servers that the test may harm: they run and are whole when it begins."""
    yield spare_stack
    spare_stack.relay.mend()
    spare_stack.start()


@pytest.fixture
def spared(spare: Spare, tmp_path: Path) -> Iterator[Settings]:
    """Settings with a database, topics and a group of this test alone, in the spare servers; source 1 exists."""
    own = f"test-{secrets.token_hex(6)}"
    with lasting_database(spare) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            assert new_source(connection) == 1
        settings = Settings(tmp_path, spare.kafka, url, topic_prefix=own, group=own)
        ensure_topics(settings)
        yield settings


@contextmanager
def lasting_database(spare: Spare) -> Iterator[str]:
    """A database whose server may die meanwhile: no connection is kept."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(spare.database_url, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    url = urlsplit(spare.database_url)._replace(path=f"/{name}").geturl()
    migrate(url)
    yield url
    spare.start()
    with psycopg.connect(spare.database_url, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)".encode())


@pytest.fixture
def spare_commands(spared: Settings, tmp_path: Path) -> Iterator[Commands]:
    with Commands(spared, tmp_path) as started:
        yield started

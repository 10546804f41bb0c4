from collections.abc import Iterator

import psycopg
import pytest

from schemas.settings import Settings
from tests.cli.commands import Commands, Worker


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def worker(commands: Commands, cluster: Settings) -> Worker:
    """A worker of the topics that are there."""
    assert cluster
    return commands.worker()

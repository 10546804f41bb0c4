from collections.abc import Iterator

import psycopg
import pytest

from tests.consumers.logs import new_source


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def source(connection: psycopg.Connection) -> int:
    return new_source(connection)

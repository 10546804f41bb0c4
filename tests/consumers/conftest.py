from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import TypeAlias

import psycopg
import pytest

from consumers.listens.store import Store
from tests.consumers.logs import new_source

NewStore: TypeAlias = Callable[[], Store]


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def new_store(database: str) -> Iterator[NewStore]:
    with ExitStack() as opened:
        yield lambda: opened.enter_context(closing(Store(database)))


@pytest.fixture
def store(new_store: NewStore) -> Store:
    return new_store()


@pytest.fixture
def source(connection: psycopg.Connection) -> int:
    return new_source(connection)

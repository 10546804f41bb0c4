from collections.abc import Iterator

import pytest

from tests.cluster.postgres import Server, primary_and_replica


@pytest.fixture(scope="session")
def pair() -> Iterator[tuple[Server, Server]]:
    """A Postgres that takes nobody without TLS, with our schema and a role for each task; and a replica of it."""
    with primary_and_replica() as started:
        yield started


@pytest.fixture(scope="session")
def secured(pair: tuple[Server, Server]) -> Server:
    return pair[0]


@pytest.fixture(scope="session")
def replica(pair: tuple[Server, Server]) -> Server:
    return pair[1]

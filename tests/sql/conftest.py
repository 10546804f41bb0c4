from collections.abc import Iterator

import pytest

from tests.cluster.postgres import Server, server, set_up


@pytest.fixture(scope="session")
def secured() -> Iterator[Server]:
    """A Postgres that takes nobody without TLS, with our schema and a role for each task."""
    with server() as started:
        set_up(started)
        yield started

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from schemas.settings import Settings
from tests.cli.commands import Commands, Worker, environment_of
from tests.cli.here import Here


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def worker(commands: Commands, cluster: Settings) -> Worker:
    """A worker of the topics that are there."""
    assert cluster
    return commands.worker()


@pytest.fixture
def here(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Here:
    return Here(environment_of(settings, tmp_path), monkeypatch, capfd)

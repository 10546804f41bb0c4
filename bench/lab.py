"""A Kafka and a Postgres for the benchmarks alone, and in them places where one measurement meets no other."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bench.children import Child, Ended
from bench.console import say
from bench.place import Place
from deploy.local import stack
from deploy.local.signals import ending_raises
from schemas.ensuring import ensure_topics
from schemas.settings import PREFIX, Settings
from sql.migrate import migrate


class Lab:
    """The servers of one run of the benchmarks. `folder` is for files; all of it is deleted in the end."""

    def __init__(self, folder: Path, endpoints: stack.Endpoints) -> None:
        self.folder = folder
        self.data = data_of(folder)
        self.endpoints = endpoints
        # Nothing that this person has set shall reach the processes that are measured.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        self.environment |= {f"{PREFIX}DATA": str(self.data), "XDG_CONFIG_HOME": str(folder)}

    def run(self, *arguments: str, **environment: str) -> Ended:
        """`python -m …` to its end. Raises Fault if it fails."""
        return Child(list(arguments), {**self.environment, **environment}, self.folder / "log").wait()

    def export(self, kind: str, plays: int, songs: int) -> Path:
        """An export file with so many plays, written unless it is there."""
        path = self.folder / f"{kind}-{plays}"
        if not path.exists():
            say(f"writing {plays:,} plays as {kind}")
            self.run("bench.exports", kind, str(path), "--plays", str(plays), "--songs", str(songs))
        return path

    @contextmanager
    def place(self, name: str, topics_of: Place | None = None) -> Iterator[Place]:
        """A database and a group of its own, and topics of its own or those of another place.

        The database is migrated and empty, and dropped afterwards.
        """
        url = make_conninfo(self.endpoints.database_url, dbname=name)
        settings = Settings(
            data=self.data,
            kafka=self.endpoints.kafka,
            database_url=url,
            topic_prefix=topics_of.settings.topic_prefix if topics_of else name,
            group=name,
            group_protocol="classic" if self.endpoints.group_protocol == "classic" else "consumer",
        )
        self._tell("create database {}", name)
        migrate(url)
        ensure_topics(settings)
        # What earlier measurements wrote is on disk before this one begins.
        self._tell("checkpoint")
        place = Place(settings, self.environment, self.folder / "log")
        try:
            yield place
        finally:
            place.discard()
            self._tell("drop database {} with (force)", name)

    def _tell(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.endpoints.database_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def data_of(folder: Path) -> Path:
    """The data folder of the local stack."""
    return folder / "data"


@contextmanager
def lab() -> Iterator[Lab]:
    """Start the servers; end them and delete everything afterwards, whatever happened."""
    folder = Path(tempfile.mkdtemp(prefix="scrobbles-bench-"))
    # As root: the servers' user must get through.
    folder.chmod(0o755)
    with ending_raises():
        try:
            yield Lab(folder, stack.servers(data_of(folder), say))
        finally:
            stack.stop(data_of(folder), purging=True)
            shutil.rmtree(folder)

"""A database with topics and a consumer group of its own, and the commands that are measured in it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import psycopg
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConsumerGroupDescription

from bench.children import Child, Ended
from producers.jobs.job import Report
from schemas.broker import admin
from schemas.errors import Fault
from schemas.settings import PREFIX, Settings
from schemas.topics import LANES, PARTITIONS

_JOIN_SECONDS = 60.0
_READ_SECONDS = 600.0
_LOOK_SECONDS = 0.02
_READ = "select coalesce(sum(read), 0)::bigint from consumer_offset"
_ADD_PEOPLE = """
with person as (
    insert into app_user (name)
    select gen_random_uuid()::text from generate_series(1, %s)
    returning id
), made as (
    insert into source (user_id, kind, label, state)
    select id, 'live', 'bench', 'reading' from person
    returning id
)
select min(id) from made
"""


class Import(NamedTuple):
    """An import that succeeded: its report, and what its process used."""

    report: Report
    process: Ended


class Crew:
    """Workers that run; `ended` tells what each used, once they have."""

    def __init__(self) -> None:
        self.ended: list[Ended] = []

    @property
    def peak_mb(self) -> float:
        """The memory of the biggest."""
        return max(worker.peak_mb for worker in self.ended)

    @property
    def cpu_seconds(self) -> float:
        """What all of them took of the processor, from their start to their end."""
        return sum(worker.cpu_seconds for worker in self.ended)


class Place:
    """Where one measurement happens. Every command runs as a process of its own with these settings."""

    def __init__(self, settings: Settings, environment: Mapping[str, str], log: Path) -> None:
        self.settings = settings
        self.url = settings.database_url or ""
        self._log = log
        self._started: list[Child] = []
        ours = ("kafka", "database_url", "topic_prefix", "group", "group_protocol")
        self._environment = {**environment, **{PREFIX + name.upper(): str(getattr(settings, name)) for name in ours}}

    def start(self, *arguments: str, log: Path | None = None, **environment: str) -> Child:
        """`python -m …` with the settings of this place."""
        child = Child(list(arguments), {**self._environment, **environment}, log or self._log)
        self._started.append(child)
        return child

    def import_(self, path: Path, *options: str) -> Import:
        """`scrobbles import`. Raises Fault unless every row was accepted and none is dead."""
        ended = self.start("cli", "import", str(path), "--json", *options).wait_beside(self._started)
        report = msgspec.json.decode(ended.output, type=Report)
        if report.accepted != report.rows or report.dead:
            raise Fault(f"an import went wrong: {report}")
        return Import(report, ended)

    def verify(self) -> None:
        """`scrobbles verify`. Raises Fault where it finds a problem."""
        answer = msgspec.json.decode(self.start("cli", "verify", "--json").wait().output, type=dict[str, object])
        if answer["ok"] is not True:
            raise Fault(f"scrobbles verify found problems: {answer['problems']}")

    def add_people(self, count: int) -> int:
        """So many new people, each with one source; the id of the first source, the others follow."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            (first,) = connection.execute(_ADD_PEOPLE, (count,)).fetchone() or (0,)
        return int(first)

    def await_read(self, messages: int) -> None:
        """Return when the workers have dealt with so many messages. Raises Fault if it takes very long."""
        deadline = time.monotonic() + _READ_SECONDS
        with psycopg.connect(self.url, autocommit=True) as connection:
            while (connection.execute(_READ).fetchone() or (0,))[0] < messages:
                self.must_be_well()
                if time.monotonic() > deadline:
                    raise Fault(f"the workers have not stored {messages:,} plays within {_READ_SECONDS:.0f} s")
                time.sleep(_LOOK_SECONDS)

    @contextmanager
    def workers(self, count: int, *, joined: bool = True) -> Iterator[Crew]:
        """So many `scrobbles consume`, ended after the block unless it fails.

        With `joined` the block begins when each has its partitions and is idle.
        """
        crew = Crew()
        started = [self.start("cli", "consume") for _ in range(count)]
        if joined:
            self.await_partitions(count)
        yield crew
        crew.ended = [worker.end() for worker in started]

    def discard(self) -> None:
        """Kill what was started here and runs still; for the way out after an error."""
        for child in self._started:
            child.discard()

    def await_partitions(self, workers: int) -> None:
        """Return when so many workers share all partitions. Raises Fault if they never do."""
        client = admin(self.settings)
        deadline = time.monotonic() + _JOIN_SECONDS
        while not _is_shared(_shares(client, self.settings.group), workers):
            self.must_be_well()
            if time.monotonic() > deadline:
                raise Fault(f"{workers} workers did not share the partitions within {_JOIN_SECONDS:.0f} s")
            time.sleep(_LOOK_SECONDS)

    def running(self) -> list[Child]:
        """What was started here and has not ended."""
        return [child for child in self._started if child.is_running]

    def must_be_well(self) -> None:
        """Raise Fault if something that was started here has failed."""
        for child in self._started:
            child.must_be_well()


def _is_shared(shares: list[int], workers: int) -> bool:
    return len(shares) == workers and all(shares) and sum(shares) == PARTITIONS * len(LANES)


def _shares(client: AdminClient, group: str) -> list[int]:
    """How many partitions each member has; nothing while the cluster still looks for the group's coordinator."""
    try:
        description: ConsumerGroupDescription = client.describe_consumer_groups([group])[group].result()
    except KafkaException:
        return []
    return [len(member.assignment.topic_partitions) for member in description.members]

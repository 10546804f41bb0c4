"""Messages as a partition holds them, without a Kafka: what pack and Store are given."""

import time
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
import psycopg
from psycopg.types.json import Jsonb

import sql
from consumers.listens.batch import Batch, pack
from consumers.listens.runs import Partition, Run
from consumers.listens.store import Outcome, Store
from schemas.listen import CLOCK_SKEW_SECONDS, VERSION, Listen, ListenMessage

PARTITION = Partition(UUID(int=1), "somebody.import", 0)
NOW = 1_700_000_000


class Kept(NamedTuple):
    """A message in a log."""

    at: int
    content: bytes | None
    lookup: bytes | None = None
    extras: list[tuple[str, bytes | None]] | None = None

    def value(self) -> bytes | None:
        return self.content

    def key(self) -> bytes | None:
        return self.lookup

    def headers(self) -> list[tuple[str, bytes | None]] | None:
        return self.extras

    def offset(self) -> int:
        return self.at


def value(listen: Listen, source: int, version: int = VERSION) -> bytes:
    message = ListenMessage(version, source, listen.listened_at, listen.track, listen.played_ms)
    return msgspec.json.encode(message)


def run_of(values: Sequence[bytes | None], first: int = 0, partition: Partition = PARTITION) -> Run:
    return Run(partition, first, [Kept(at, content) for at, content in enumerate(values, first)])


def packed(store: Store, *runs: Run) -> Batch:
    """As the worker does it: sources are looked up when they are first met."""
    latest = int(time.time()) + CLOCK_SKEW_SECONDS
    batch = pack(runs, store.known, store.users, latest)
    if batch.strangers:
        store.learn(batch.strangers)
        batch = pack(runs, store.known, store.users, latest)
    return batch


def save(store: Store, *runs: Run) -> Outcome:
    return store.save(packed(store, *runs))


def new_source(connection: psycopg.Connection, user: str = "me") -> int:
    (person,) = connection.execute(sql.read("ensure_user"), {"name": user}).fetchone() or (0,)
    names = {"label": "a test", "format": "maloja", "file_name": "x.json", "path": "/x.json"}
    (source,) = connection.execute(sql.read("next_import")).fetchone() or (0,)
    values = {"id": source, "user": person, **names, "sha256": b"\0", "options": Jsonb({}), "members": Jsonb([])}
    connection.execute(sql.read("start_import"), values)
    return int(source)


def problems(connection: psycopg.Connection) -> list[str]:
    return [problem for (problem,) in connection.execute(sql.read("ledger_problems"))]


def ledger(connection: psycopg.Connection) -> tuple[int, ...]:
    """Read, inserted, duplicate, dead, and the listens that are really there."""
    return connection.execute(sql.read("ledger")).fetchone() or ()

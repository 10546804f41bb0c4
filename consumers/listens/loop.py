"""The cycle of one worker: take messages, store them, next. One process is one loop; start more to go faster.

An error says by its SQLSTATE (sql/connection.py) what is to be done. A data error splits the batch until the message
that cannot be stored is a dead letter. For everything that may pass, the batch is simply forgotten: what is stored is
read from Postgres, which also settles a COMMIT whose answer was lost, and the messages are fetched again. While the
database is away the worker keeps polling with its partitions paused, so the group does not give them to another one
that could do no better.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import psycopg
from confluent_kafka import Consumer, Message

from consumers.listens.batch import Batch, condemned, pack
from consumers.listens.breaker import Breaker
from consumers.listens.offsets import Assignment, Lag
from consumers.listens.runs import Run, halves
from consumers.listens.store import Fenced, Outcome, Store
from schemas import failpoints
from schemas.errors import DependencyGone
from schemas.events import Event
from schemas.listen import CLOCK_SKEW_SECONDS
from sql.connection import fault_of, meaning_of


class Limits(NamedTuple):
    """When a batch is full: rows, bytes, seconds since it was begun, or a lull of so many seconds after a message.

    Beyond 5,000 rows a batch only spares statements. A lull ends it early, so nobody waits long for the last play.
    """

    rows: int = 8_000
    bytes: int = 4_000_000
    seconds: float = 0.25
    lull: float = 0.02


class Waiting(NamedTuple):
    """The worker could not store, and why; it tries again after `seconds`. Nothing is lost, nothing is half stored."""

    reason: str
    seconds: float
    event: Event = "waiting"


class Health(NamedTuple):
    """How a worker is: when its loop last went round (monotonic), what keeps it from storing, its partitions."""

    ticked: float
    trouble: str | None
    assigned: int
    rebalances: int


# Messages per call: with one call for all, a batch of long messages could hold far more than its bytes.
_CHUNK = 1_000
_LONGEST_WAIT = 2.0


class Worker:
    """Stores what its consumer is assigned. The caller closes the consumer when `run` has ended."""

    def __init__(self, consumer: Consumer, assignment: Assignment, database_url: str, limits: Limits) -> None:
        """Connect to the database. Raises the Faults of Store."""
        self._consumer = consumer
        self._assignment = assignment
        self._database_url = database_url
        self._limits = limits
        self._breaker = Breaker()
        self._ticked = time.monotonic()
        self._trouble: str | None = None
        self._store = Store(database_url)

    def run(self, stopping: Callable[[], bool]) -> Iterator[Outcome | Waiting]:
        """Consume until `stopping`; yields what became of each batch, and each time it has to wait.

        Raises Faults: an offset or a topic that is gone, messages of which most are bad, a schema or a right that is
        missing. Raises KafkaException where the cluster refuses us, or its client has given up.
        """
        try:
            while not stopping():
                self._ticked = time.monotonic()
                try:
                    yield from self._advance()
                    self._trouble = None
                except Fenced:
                    self._assignment.forget()
                    yield Waiting("another worker owns a partition of this batch", 0, "fenced")
                except psycopg.Error as error:
                    yield from self._recover(error, stopping)
        finally:
            self._store.close()

    def health(self) -> Health:
        """For whoever asks, from any thread."""
        return Health(self._ticked, self._trouble, len(self._assignment), self._assignment.rebalances)

    def lags(self) -> list[Lag]:
        """How far behind it is in each of its partitions; from any thread, asks nobody."""
        return self._assignment.lags()

    def _advance(self) -> Iterator[Outcome]:
        self._assignment.place(self._store.next_offsets)
        messages = take(self._consumer, self._limits)
        if not messages:
            self._store.require_alive()
        elif failpoints.reach("taken"):
            return
        runs = self._assignment.runs(messages)
        if runs:
            for outcome in self._save(runs):
                yield outcome
                self._breaker.count(outcome)
                self._ticked = time.monotonic()
            passed = self._assignment.passed(runs)
            if not failpoints.reach("telling"):
                self._consumer.commit(offsets=passed, asynchronous=True)
        self._assignment.measure()

    def _save(self, runs: Sequence[Run]) -> Iterator[Outcome]:
        try:
            outcome = self._store.save(self._packed(runs))
        except psycopg.Error as error:
            if meaning_of(error) != "unstorable":
                raise
            if len(runs) == 1 and len(runs[0].messages) == 1:
                yield self._store.save(condemned(runs[0], str(error)))
                return
            for half in halves(runs):
                yield from self._save(half)
        else:
            yield outcome

    def _packed(self, runs: Sequence[Run]) -> Batch:
        latest = int(time.time()) + CLOCK_SKEW_SECONDS
        batch = pack(runs, self._store.known, self._store.users, latest)
        if batch.strangers:
            self._store.learn(batch.strangers)
            batch = pack(runs, self._store.known, self._store.users, latest)
        return batch

    def _recover(self, error: psycopg.Error, stopping: Callable[[], bool]) -> Iterator[Waiting]:
        """Forget the batch, and wait for a database that works, still polling."""
        meaning = meaning_of(error)
        self._assignment.forget()
        self._trouble = _first_line(error)
        if meaning == "again":
            yield Waiting(self._trouble, 0)
            return
        if meaning != "gone":
            raise fault_of(error, self._database_url) from error
        self._store.close()
        reason, seconds = self._trouble, 0.1
        while not stopping():
            self._ticked, self._trouble = time.monotonic(), reason
            yield Waiting(reason, seconds)
            self._consumer.consume(1, seconds)  # everything is paused: this only keeps our place in the group
            try:
                self._store = Store(self._database_url)
            except DependencyGone as gone:
                reason, seconds = gone.message, min(2 * seconds, _LONGEST_WAIT)
            else:
                return


def take(consumer: Consumer, limits: Limits) -> list[Message]:
    """The messages of the next batch, and events among them; empty where none came in time."""
    deadline = time.monotonic() + limits.seconds
    taken: list[Message] = []
    size = 0
    while len(taken) < limits.rows and size < limits.bytes:
        left = deadline - time.monotonic()
        patience = max(left, 0) if not taken else max(min(left, limits.lull), 0)
        chunk = consumer.consume(min(_CHUNK, limits.rows - len(taken)), patience)
        taken += chunk
        size += sum(map(len, chunk))
        if left <= 0 or (taken and not chunk):
            break
    return taken


def _first_line(error: psycopg.Error) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)

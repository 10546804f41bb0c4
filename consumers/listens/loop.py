"""The cycle of one worker: take messages, store them, next. One process is one loop; start more to go faster.

An error says by its SQLSTATE (sql/connection.py) what is to be done. A data error splits the batch until the message
that cannot be stored is a dead letter. For everything that may pass, the batch is simply forgotten: what is stored is
read from Postgres, which also settles a COMMIT whose answer was lost, and the messages are fetched again. While the
database is away the worker keeps polling with its partitions paused, so the group does not give them to another one
that could do no better.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import psycopg
from confluent_kafka import Consumer

from consumers.listens.batch import Batch, condemned, pack
from consumers.listens.breaker import Breaker
from consumers.listens.lag import Lag
from consumers.listens.offsets import Assignment
from consumers.listens.runs import Run, halves
from consumers.listens.store import Fenced, Outcome, Store
from consumers.listens.taking import Closing, Limits, take
from schemas import failpoints
from schemas.errors import DependencyGone
from schemas.events import Event
from schemas.listen import CLOCK_SKEW_SECONDS
from sql.connection import DISK_FULL, fault_of, meaning_of


class Passed(NamedTuple):
    """A batch is stored, whole: why it was closed, and its age then, in seconds since its first message came."""

    closed: Closing
    age: float


class Waiting(NamedTuple):
    """The worker could not store, and why; it tries again after `seconds`. Nothing is lost, nothing is half stored."""

    reason: str
    seconds: float
    event: Event = "waiting"


class Contacted(NamedTuple):
    """Kafka fell silent, and why; None: it is back."""

    silence: str | None


class Health(NamedTuple):
    """How a worker is: when its loop last went round (monotonic), what keeps it from storing, its partitions.

    `dead_letters` wait in the database for a person, of all workers; None before they were counted.
    """

    ticked: float
    trouble: str | None
    assigned: int
    rebalances: int
    dead_letters: int | None = None


Step: TypeAlias = Outcome | Passed | Waiting | Contacted

_LONGEST_WAIT = 2.0
# To count the dead letters takes 0.1 ms where there are few, 20 where 100,000 wait, 40 where 200,000 were sent again.
_LETTERS_SECONDS = 5.0


class Worker:
    """Stores what its consumer is assigned. The caller closes the consumer when `run` has ended."""

    def __init__(self, consumer: Consumer, assignment: Assignment, database_url: str, limits: Limits) -> None:
        """Connect to the database, then join the group. Raises the Faults of Store."""
        self._consumer = consumer
        self._assignment = assignment
        self._database_url = database_url
        self._limits = limits
        self._breaker = Breaker()
        self._ticked = time.monotonic()
        self._trouble: str | None = None
        self._silent = False
        self._letters: int | None = None
        self._letters_due = 0.0
        self._store = Store(database_url)
        # Not before: a worker that cannot store must not take partitions from those that can, and the client was seen
        # to wait for ever when it left a group that it was about to join.
        assignment.join()

    def run(self, stopping: Callable[[], bool]) -> Iterator[Step]:
        """Consume until `stopping`; yields each transaction, the end of each batch, each wait, and Kafka's silences.

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
        assignment = self._assignment
        trouble = self._trouble or assignment.trouble
        return Health(self._ticked, trouble, len(assignment), assignment.rebalances, self._letters)

    def lags(self) -> list[Lag]:
        """How far behind it is in each of its partitions; from any thread, asks nobody."""
        return self._assignment.lags.now()

    def _advance(self) -> Iterator[Outcome | Passed | Contacted]:
        self._assignment.place(self._store.next_offsets)
        messages, closed, begun = take(self._consumer, self._limits)
        silence = self._assignment.trouble
        if bool(silence) != self._silent:
            self._silent = bool(silence)
            yield Contacted(silence)
        if messages and failpoints.reach("taken"):
            return
        runs = self._assignment.runs(messages)
        if runs:
            for outcome in self._save(runs):
                yield outcome
                self._breaker.count(outcome)
                self._ticked = time.monotonic()
            passed = self._assignment.passed(runs)
            yield Passed(closed, time.monotonic() - begun)
            if not failpoints.reach("telling"):
                self._consumer.commit(offsets=passed, asynchronous=True)
        self._assignment.lags.measure()
        self._count_letters()

    def _count_letters(self) -> None:
        """With nothing to store it is all that the database is asked, and how a worker hears that it was killed.

        It has then forgotten its last commits. A worker goes by what it has committed, and would leave the plays that
        were lost to the next message, whenever that comes. People are looked up again too.
        """
        now = time.monotonic()
        if now >= self._letters_due:
            self._letters, self._letters_due = self._store.waiting_letters(), now + _LETTERS_SECONDS
            self._store.forget_users()

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

    def _reason(self, error: psycopg.Error) -> str:
        if error.sqlstate == DISK_FULL:
            return fault_of(error, self._database_url).message
        return _first_line(error)

    def _recover(self, error: psycopg.Error, stopping: Callable[[], bool]) -> Iterator[Waiting]:
        """Forget the batch, and wait for a database that works, still polling."""
        meaning = meaning_of(error)
        self._assignment.forget()
        self._trouble = self._reason(error)
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
            self._assignment.lags.measure_paused()
            try:
                self._store = Store(self._database_url)
            except DependencyGone as gone:
                reason, seconds = gone.message, min(2 * seconds, _LONGEST_WAIT)
            else:
                return


def _first_line(error: psycopg.Error) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)

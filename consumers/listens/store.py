"""One transaction per batch, in an order that keeps a frozen worker harmless.

First the rows are copied into a temporary table, where no lock is held that another could miss: a client that freezes
inside COPY keeps its locks until its backend is terminated. Then the offsets are compared and set, which fences a
worker that no longer owns a partition; then the listens; then the counts.

Artists, albums and tracks come before that, in a transaction of their own, and so does what sources call them. Their
ids are derived from their names, so writing them twice, or for a batch that is then rolled back, changes nothing; and a
worker that meets the same new artist waits for this short transaction only, not for the whole batch.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

import sql
from consumers.listens.batch import NOBODY, Batch
from consumers.listens.deadletter import DeadLetter
from consumers.listens.entities import Known, Unseen
from consumers.listens.rows import copy_data
from consumers.listens.runs import Partition, topic_changed
from schemas import failpoints
from sql.connection import connect, fault_of
from sql.migrate import require_head

# In this order: an album names its artist, a track its album. Sorted inside each, so that nobody waits in a circle.
_ENTITIES = {
    "staged_artist": "insert_artists",
    "staged_album": "insert_albums",
    "staged_track": "insert_tracks",
    "staged_guest": "insert_guests",
    "staged_foreign_id": "insert_foreign_ids",
}
_STAGES = (
    "stage_listens",
    "stage_artists",
    "stage_albums",
    "stage_tracks",
    "stage_guests",
    "stage_foreign_ids",
)


class Fenced(Exception):
    """Another worker has moved a partition of this batch: nothing was stored."""


class Outcome(NamedTuple):
    """What became of the messages of one batch."""

    read: int
    inserted: int
    duplicate: int
    dead: int
    seconds: float
    reasons: Mapping[str, int] = MappingProxyType({})


class Store:
    """A connection, and what it has seen stored. Any psycopg.Error may be raised by any method; then `close` it."""

    def __init__(self, database_url: str) -> None:
        """Connect. Raises the Faults of sql.connection.connect, and ConfigurationFault for a wrong schema."""
        self.known = Known()
        self.users: dict[int, int] = {}
        # Set by a batch that repeats something, until one comes that does not: re-reading what is there costs the
        # fast way a failed insert per batch.
        self._repeats = False
        self._connection = connect(database_url, application="scrobbles consume", writing=True)
        try:
            require_head(self._connection)
            for statement in ("session", *_STAGES):
                self._connection.execute(sql.read(statement))
        except psycopg.Error as error:
            self._connection.close()
            raise fault_of(error, database_url) from error

    def close(self) -> None:
        """End the session; what was not committed is undone."""
        self._connection.close()

    def next_offsets(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Where each partition is to be read next; one that was never read starts at 0.

        Raises DataFault where the ledger knows the topic, but by another id.
        """
        ids = [partition.topic_id for partition in partitions]
        topics = [partition.topic for partition in partitions]
        numbers = [partition.number for partition in partitions]
        for (topic,) in self._connection.execute(sql.read("changed_topics"), (ids, topics)).fetchall():
            raise topic_changed(topic)
        self._connection.execute(sql.read("first_offsets"), (ids, topics, numbers))
        rows = self._connection.execute(sql.read("next_offsets"), (ids, numbers))
        stored: dict[tuple[UUID, int], int] = {(topic_id, number): offset for topic_id, number, offset in rows}
        return {partition: stored[partition.topic_id, partition.number] for partition in partitions}

    def waiting_letters(self) -> int:
        """How many dead letters wait for a person: neither sent again nor deleted; not counted beyond 100,000."""
        (count,) = self._connection.execute(sql.read("waiting_letters")).fetchone() or (0,)
        return int(count)

    def learn(self, sources: Iterable[int]) -> None:
        """Look up whose plays these sources bring; one that does not exist is NOBODY's until the batch is saved."""
        wanted = list(sources)
        rows = self._connection.execute(sql.read("users_of_sources"), (wanted,))
        found: dict[int, int] = dict(rows.fetchall())
        # Not before the answer is there: sources of a question that failed would be taken for missing ones.
        self.users |= dict.fromkeys(wanted, NOBODY) | found

    def forget_users(self) -> None:
        """Look up anew whose plays a source brings: a person may have been removed."""
        self.users.clear()

    def save(self, batch: Batch) -> Outcome:
        """Store the batch and pass its offsets, both or neither. Raises Fenced."""
        started = time.monotonic()
        if batch.unseen.spellings:
            self._save_entities(batch.unseen)
        with self._connection.transaction():
            if batch.listens:
                self._copy("staged_listen", copy_data(batch.listens))
            failpoints.reach("copied")
            self._move_offsets(batch)
            failpoints.reach("moved")
            self._insert_listens(batch)
            kept = self._keep_dead(batch)
            self._count(batch)
            failpoints.reach("committing")
        failpoints.reach("committed")
        self.users = {source: user for source, user in self.users.items() if user != NOBODY}
        read, inserted, dead = (
            sum(getattr(count, part) for count in batch.counts) for part in ("read", "inserted", "dead")
        )
        reasons = dict(Counter(str(letter.reason) for letter in kept))
        return Outcome(read, inserted, read - inserted - dead, dead, time.monotonic() - started, reasons)

    def _save_entities(self, unseen: Unseen) -> None:
        copies = dict(unseen.copies())
        with self._connection.transaction():
            for table, data in copies.items():
                self._copy(table, data)
            for table, statement in _ENTITIES.items():
                if table in copies:
                    self._connection.execute(sql.read(statement))
        self.known.add(unseen)

    def _copy(self, table: str, data: bytes) -> None:
        with self._connection.cursor().copy(f"copy {table} from stdin (format binary)") as copy:
            copy.write(data)
            if table == "staged_listen":
                failpoints.reach("copying")

    def _move_offsets(self, batch: Batch) -> None:
        moved = self._connection.execute(
            sql.read("move_offsets"),
            (
                [run.partition.topic_id for run in batch.runs],
                [run.partition.number for run in batch.runs],
                [run.first for run in batch.runs],
                [run.next_offset for run in batch.runs],
            ),
        ).rowcount
        if moved != len(batch.runs):
            raise Fenced

    def _insert_listens(self, batch: Batch) -> None:
        if not batch.listens:
            return
        if not self._repeats:
            try:
                with self._connection.transaction():  # a savepoint
                    self._connection.execute(sql.read("insert_listens"))
            except psycopg.errors.UniqueViolation:
                self._repeats = True
            else:
                for count in batch.counts:
                    count.inserted = count.read - count.dead
                return
        self._connection.execute(sql.read("lock_out_undo"))
        for slot, inserted in self._connection.execute(sql.read("insert_new_listens")):
            batch.counts[slot].inserted = inserted
        self._connection.execute(sql.read("raise_played"))
        if sum(count.inserted for count in batch.counts) < len(batch.listens):
            self._connection.execute(sql.read("note_repeats"))
        self._repeats = sum(count.inserted for count in batch.counts) < len(batch.listens)

    def _keep_dead(self, batch: Batch) -> list[DeadLetter]:
        """Keep the letters, and return them; one that is kept already counts as a duplicate."""
        kept: list[DeadLetter] = []
        if batch.dead:
            counts = {(count.partition, count.source_id): count for count in batch.counts}
            cursor = self._connection.cursor()
            cursor.executemany(sql.read("insert_dead_letter"), map(_dead_row, batch.dead), returning=True)
            for letter, answer in zip(batch.dead, cursor.results(), strict=True):
                if answer.rowcount:
                    kept.append(letter)
                else:
                    counts[letter.partition, letter.source_id].dead -= 1
        return kept

    def _count(self, batch: Batch) -> None:
        counts = batch.counts
        numbers = (
            _array(count.partition.number for count in counts),
            _array(count.read for count in counts),
            _array(count.inserted for count in counts),
            _array(count.dead for count in counts),
        )
        topics = _array(count.partition.topic_id for count in counts)
        self._connection.execute(sql.read("count_partitions"), (topics, *numbers))
        self._connection.execute(sql.read("count_sources"), (_array(count.source_id for count in counts), *numbers))


def _array(values: Iterable[object]) -> str:
    # With many sources a batch counts thousands of slots: adapting lists would cost 2 us a play.
    return f"{{{','.join(map(str, values))}}}"


def _dead_row(letter: DeadLetter) -> tuple[object, ...]:
    message, partition = letter.message, letter.partition
    headers = [[name, None if value is None else value.hex()] for name, value in message.headers() or []]
    return (
        partition.topic_id,
        partition.topic,
        partition.number,
        message.offset(),
        message.key(),
        message.value(),
        Jsonb(headers),
        letter.source_id,
        letter.stage,
        letter.reason,
        letter.detail.replace("\0", ""),
    )

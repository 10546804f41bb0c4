"""Sends dead letters to their topics again, as they were: the way of every message then stores or buries each anew.

A letter is marked once every replica has its message, in a transaction that holds the letter meanwhile. So nobody sends
it twice, unless this process dies between the broker's word and the mark: then a second copy comes, and plays that are
stored already are not stored again. Where the copy lies is noted with the mark: until a worker has passed that place it
is not missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import psycopg
from confluent_kafka import KafkaError, Message, Producer
from psycopg.rows import class_row

import sql
from schemas.broker import admin, client_config, present_ids
from schemas.errors import Fault
from schemas.kafka_faults import fatal_as_fault, fault_of
from schemas.settings import Settings

# Names the letter that a message was made from; one that dies again carries the last number only.
HEADER = "scrobbles-dead-letter"
# Seconds until the broker must have acknowledged a message; after that it counts as not sent.
_DELIVERY_SECONDS = 30
# What the broker took once it may take again; it is the broker that decides.
_LARGEST_MESSAGE = 1_000_000_000
# Letters per transaction: what a crash makes come twice at most, and what is held in memory.
_CHUNK = 200


class _Letter(NamedTuple):
    id: int
    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, str | None]]


class _Copy(NamedTuple):
    """A letter that the broker has acknowledged, and where it put it."""

    id: int
    topic: str | None
    partition: int | None
    offset: int | None


class Replayed(NamedTuple):
    """How many letters of a chunk were sent again and marked, and why the first other one was refused."""

    sent: int
    refusal: Fault | None


def replay(connection: psycopg.Connection, settings: Settings, ids: Sequence[int], by: str) -> Iterator[Replayed]:
    """Send these letters again, chunk by chunk, those left out that were sent before; `by` is who decided it.

    Raises the Faults of a Kafka that cannot be used.
    """
    client = admin(settings)
    producer = Producer(
        client_config(
            settings,
            enable_idempotence=True,
            acks="all",
            partitioner="murmur2_random",
            message_timeout_ms=_DELIVERY_SECONDS * 1_000,
            message_max_bytes=_LARGEST_MESSAGE,
        )
    )
    connection.execute(sql.read("forget_read_copies"))
    for start in range(0, len(ids), _CHUNK):
        # What was acknowledged before a fatal error is sent again, and stored once.
        with fatal_as_fault(settings), connection.transaction():
            rows = connection.cursor(row_factory=class_row(_Letter))
            letters = rows.execute(sql.read("lock_letters"), (list(ids[start : start + _CHUNK]),)).fetchall()
            topics = present_ids(client, sorted({letter.topic for letter in letters}))
            copies, error = _send(producer, letters)
            if copies:
                _mark(connection, copies, topics)
                connection.execute(
                    sql.read("insert_decision"),
                    (by, "replay", f"{len(copies):,} dead letter{'' if len(copies) == 1 else 's'}"),
                )
        yield Replayed(len(copies), fault_of(error, settings) if error else None)


def _mark(connection: psycopg.Connection, copies: Sequence[_Copy], topics: Mapping[str, UUID]) -> None:
    ids, names, partitions, offsets = (list(column) for column in zip(*copies, strict=True))
    connection.execute(sql.read("mark_replayed"), (ids, [topics.get(name) for name in names], partitions, offsets))


def _send(producer: Producer, letters: Sequence[_Letter]) -> tuple[list[_Copy], KafkaError | None]:
    """Send them and wait for the word on each: which were acknowledged, and what the first other one met."""
    acknowledged: list[_Copy] = []
    errors: list[KafkaError] = []
    for letter in letters:

        def told(error: KafkaError | None, sent: Message, id_: int = letter.id) -> None:
            if error is None:
                acknowledged.append(_Copy(id_, sent.topic(), sent.partition(), sent.offset()))
            else:
                errors.append(error)

        producer.produce(letter.topic, letter.value, letter.key, headers=_headers(letter), on_delivery=told)
    producer.flush()
    return acknowledged, errors[0] if errors else None


def _headers(letter: _Letter) -> list[tuple[str, str | bytes | None]]:
    kept: list[tuple[str, str | bytes | None]] = [
        (name, None if value is None else bytes.fromhex(value)) for name, value in letter.headers if name != HEADER
    ]
    return [*kept, (HEADER, str(letter.id))]

"""Takes the messages of one batch from the consumer."""

import time
from typing import Literal, NamedTuple, TypeAlias

from confluent_kafka import Consumer, Message

# Messages per call: with one call for all, a batch of long messages could hold far more than its bytes.
_CHUNK = 1_000


class Limits(NamedTuple):
    """When a batch is full: rows, bytes, seconds since it was begun, or a lull of that many seconds after a message.

    Beyond 5,000 rows a batch only spares statements. A lull ends it early, so nobody waits long for the last play.
    """

    rows: int = 8_000
    bytes: int = 4_000_000
    seconds: float = 0.25
    lull: float = 0.02


# Why no more was taken into a batch: one of its limits, or nothing came for a while.
Closing: TypeAlias = Literal["rows", "bytes", "time", "lull"]


class Taken(NamedTuple):
    """The messages of one batch, and when the first of them came (monotonic)."""

    messages: list[Message]
    closed: Closing
    begun: float


def take(consumer: Consumer, limits: Limits) -> Taken:
    """The messages of the next batch, and events among them; none where none came in time."""
    deadline = time.monotonic() + limits.seconds
    taken: list[Message] = []
    size, begun = 0, 0.0
    while len(taken) < limits.rows and size < limits.bytes:
        left = deadline - time.monotonic()
        patience = max(left, 0) if not taken else max(min(left, limits.lull), 0)
        chunk = consumer.consume(min(_CHUNK, limits.rows - len(taken)), patience)
        if chunk and not taken:
            begun = time.monotonic()
        taken += chunk
        size += sum(map(len, chunk))
        if left <= 0:
            return Taken(taken, "time", begun)
        if taken and not chunk:
            return Taken(taken, "lull", begun)
    return Taken(taken, "rows" if len(taken) >= limits.rows else "bytes", begun)

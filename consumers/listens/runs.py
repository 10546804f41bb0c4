"""Messages as they come from a partition: in order and without a gap."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from schemas.errors import DataFault


class Message(Protocol):
    """What is used of a Kafka message; `confluent_kafka.Message` is one."""

    def value(self) -> bytes | None:
        """The payload; None is a tombstone."""

    def key(self) -> bytes | None:
        """The lookup key, if the producer sent one."""

    def headers(self) -> list[tuple[str, bytes | None]] | None:
        """What else the producer sent along."""

    def offset(self) -> int:
        """Where in its partition."""
        ...


class Partition(NamedTuple):
    """A partition of a topic, which is known by its id: a topic recreated under its old name is another one."""

    topic_id: UUID
    topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.number}]"


def topic_changed(topic: str) -> DataFault:
    """What is said of a recreated topic: the ledger speaks of the one before."""
    return DataFault(
        f"the topic {topic} was deleted and recreated: its messages are not those that were read before",
        f"`scrobbles offsets adopt {topic}` has it read from its beginning; nothing was skipped",
        "topic_id_changed",
    )


class Run(NamedTuple):
    """Consecutive messages of one partition, from offset `first` on."""

    partition: Partition
    first: int
    messages: Sequence[Message]

    @property
    def next_offset(self) -> int:
        """The offset after the last message."""
        return self.first + len(self.messages)


def halves(runs: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """The same messages in two parts of nearly equal size, the order within each partition kept."""
    left, right = [], []
    wanted = sum(len(run.messages) for run in runs) // 2
    for run in runs:
        taken = min(wanted, len(run.messages))
        wanted -= taken
        if taken:
            left.append(Run(run.partition, run.first, run.messages[:taken]))
        if taken < len(run.messages):
            right.append(Run(run.partition, run.first + taken, run.messages[taken:]))
    return left, right

"""How far behind a worker is in each of its partitions: where the log ends, less what is stored."""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from confluent_kafka import Consumer, KafkaException, TopicPartition

Place: TypeAlias = tuple[str, int]

_MEASURE_SECONDS = 0.5
_ANSWER_SECONDS = 1.0


class Lag(NamedTuple):
    """How far behind a partition is; `seconds` since the broker got the last stored message, None where none was."""

    topic: str
    number: int
    messages: int
    seconds: float | None


class Lags:
    """Those of all partitions that are ours and whose place is known, also while the database is away.

    Only the thread of the loop may measure: the client makes any other wait until no call is under way, which is never.
    """

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._stored: dict[Place, int] = {}
        # When the broker got the last message that is stored, in milliseconds since 1970.
        self._stamps: dict[Place, int] = {}
        self._ends: dict[Place, int] = {}
        self._behind: dict[Place, int] = {}
        self._measured = 0.0

    def stored(self, place: Place, next_offset: int, stamp: int | None = None) -> None:
        """Note how far a partition is stored; `stamp`, in milliseconds, is when the broker got the last message."""
        self._stored[place] = next_offset
        if stamp is not None:
            self._stamps[place] = stamp

    def revoked(self, place: Place) -> None:
        """Forget a partition that is no longer ours."""
        self._stored.pop(place, None)
        self._stamps.pop(place, None)

    def measure(self) -> None:
        """Note how far behind each partition is, by what the client has heard of the log's ends; asks nobody."""
        now = time.monotonic()
        if now < self._measured + _MEASURE_SECONDS:
            return
        self._measured = now
        # An end is -1001 until the first answer to a fetch has come.
        self._note(
            {
                place: self._consumer.get_watermark_offsets(TopicPartition(*place), cached=True)[1]
                for place in self._stored
            }
        )

    def measure_paused(self) -> None:
        """The same while nothing is fetched: the client hears nothing of paused partitions, so the brokers are asked.

        Waits for their answers; of a broker that does not answer, for one second.
        """
        ends = {}
        # While Kafka is away too, what was known still holds.
        with suppress(KafkaException):
            for place in self._stored:
                _, ends[place] = self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=_ANSWER_SECONDS)
        self._note(ends)

    def now(self) -> list[Lag]:
        """How far behind each partition was when it was measured, and for how long now; from any thread."""
        now = time.time()
        found = []
        for (topic, number), messages in self._behind.items():
            stamp = self._stamps.get((topic, number))
            seconds = 0.0 if not messages else None if stamp is None else max(now - stamp / 1_000, 0.0)
            found.append(Lag(topic, number, messages, seconds))
        return found

    def _note(self, ends: Mapping[Place, int]) -> None:
        # Partitions that flow again have the end of before they were paused until an answer to a fetch has come.
        self._ends = {place: max(ends.get(place, 0), self._ends.get(place, 0)) for place in self._stored}
        self._behind = {place: max(end - self._stored[place], 0) for place, end in self._ends.items()}

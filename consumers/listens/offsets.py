"""Which partitions are ours, and which message of each is next.

Postgres alone says where a partition stands; Kafka's committed offset serves lag tools and is never read. The callbacks
of a rebalance do no I/O: what arrives is assigned paused, and placed by the loop, which can wait for a database that is
away and still poll. So start, rebalance, fencing and a broken connection all end in one motion: read the offsets, seek.

An error raised inside a callback would make the client start from Kafka's offset in silence, and a client error there
is a KafkaError, which no `except Exception` catches; hence the bare except.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import count, takewhile
from typing import Protocol, cast

import confluent_kafka
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from consumers.listens.contact import Contact
from consumers.listens.lag import Lags
from consumers.listens.runs import Message, Partition, Run
from consumers.listens.watch import TopicWatch
from schemas import failpoints
from schemas.errors import DataFault, OurFault
from schemas.kafka_faults import Right, denied, is_final

Offsets = Callable[[Sequence[Partition]], Mapping[Partition, int]]

_ENDS_SECONDS = 10


class _Received(Message, Protocol):
    """A message as the consumer hands it out, or an event in the place of one."""

    def topic(self) -> str: ...
    def partition(self) -> int: ...
    def error(self) -> KafkaError | None: ...
    def timestamp(self) -> tuple[int, int]: ...


class Assignment:
    """The partitions that the group has given to this consumer, of the topics that are watched.

    `contact` holds what the callbacks of the same consumer have told.
    """

    def __init__(self, consumer: Consumer, watch: TopicWatch, contact: Contact) -> None:
        self._consumer = consumer
        self._watch = watch
        self._topic_ids = watch.ids
        self._contact = contact
        self._next: dict[tuple[str, int], int] = {}
        self._unplaced: set[tuple[str, int]] = set()
        self._failure: object = None
        # The last gap of each partition: the offset that did not come, and the one that came instead.
        self._gaps: dict[tuple[str, int], tuple[int, int]] = {}
        self.lags = Lags(consumer)
        self.rebalances = 0

    def join(self) -> None:
        """Ask the group for partitions."""
        self._consumer.subscribe(
            list(self._topic_ids), on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )

    def __len__(self) -> int:
        return len(self._next) + len(self._unplaced)

    @property
    def trouble(self) -> str | None:
        """What keeps messages from coming, as far as this consumer knows; from any thread."""
        return self._contact.trouble

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        try:
            # A number, never OFFSET_END: the client asks the broker where that is, and an answer that comes after our
            # seek makes it ask again and jump there, past what is to be read. Nothing is read from 0, for the
            # partition is paused at once.
            paused = [TopicPartition(p.topic, p.partition, 0) for p in partitions]
            consumer.incremental_assign(paused)
            consumer.pause(paused)
            failpoints.reach("assigned")
            self._unplaced |= {(p.topic, p.partition) for p in partitions}
            self.rebalances += bool(partitions)
        except:  # noqa: E722 - see above
            self._failure = sys.exc_info()[1]

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        for partition in partitions:
            place = partition.topic, partition.partition
            self._next.pop(place, None)
            self._unplaced.discard(place)
            self.lags.revoked(place)

    def forget(self) -> None:
        """Trust nothing that was remembered: pause, and place every partition anew."""
        self._consumer.pause(_plain(self._next))
        self._unplaced |= set(self._next)
        self._next.clear()

    def place(self, next_offsets: Offsets) -> None:
        """Seek the partitions that arrived to where Postgres says, and let them flow.

        Raises OurFault where a callback has failed: such a worker would look alive and store nothing. Raises DataFault
        for a topic that is no longer the one that was read, and KafkaException where the cluster refuses us.
        """
        if self._failure is not None:
            sentence = f"the partitions of a rebalance could not be taken: {self._failure}"
            raise OurFault(sentence, event="partitions_not_taken")
        for error in self._contact.refusals:
            self._require_usable(error)
        self._watch.check()
        if not self._unplaced:
            return
        self._watch.hurry()
        wanted = [Partition(self._topic_ids[topic], topic, number) for topic, number in sorted(self._unplaced)]
        for partition, offset in next_offsets(wanted).items():
            at = TopicPartition(partition.topic, partition.number, offset)
            try:
                self._consumer.seek(at)
            except KafkaException as error:
                if error.args[0].code() != KafkaError._STATE:
                    raise
                # Its fetcher has stopped at an offset that is not in the log, and only a new one moves.
                self._consumer.incremental_unassign([at])
                self._consumer.incremental_assign([at])
            self._consumer.resume([at])
            self._unplaced.discard((partition.topic, partition.number))
            self._next[partition.topic, partition.number] = offset
            self.lags.stored((partition.topic, partition.number), offset)

    def runs(self, messages: Sequence[confluent_kafka.Message]) -> list[Run]:
        """The messages by partition, each run beginning where the last one ended; others are left out.

        Left out are messages of partitions that are no longer ours, and those fetched before a seek took hold. After a
        gap the partition is placed anew. Raises DataFault where the log does not hold what comes next: it no longer
        does, or the same gap has come again.
        """
        grouped: dict[tuple[str, int], list[_Received]] = {}
        for message in cast("Sequence[_Received]", messages):
            error = message.error()
            if error is not None:
                self._weigh(message, error)
                continue
            place = message.topic(), message.partition()
            if place in grouped:
                grouped[place].append(message)
            elif place in self._next:
                grouped[place] = [message]
        return [run for place, found in grouped.items() if (run := self._contiguous(place, found)).messages]

    def _contiguous(self, place: tuple[str, int], messages: list[_Received]) -> Run:
        topic, number = place
        partition, expected = Partition(self._topic_ids[topic], topic, number), self._next[place]
        if messages[0].offset() != expected or messages[-1].offset() != expected + len(messages) - 1:
            wanted = [message for message in messages if message.offset() >= expected]
            in_order = takewhile(lambda each: each[0].offset() == each[1], zip(wanted, count(expected), strict=False))
            messages = [message for message, _ in in_order]
            if len(messages) < len(wanted):
                self._met_gap(place, expected + len(messages), wanted[len(messages)].offset(), bool(messages))
        return Run(partition, expected, messages)

    def passed(self, runs: Sequence[Run]) -> list[TopicPartition]:
        """Note that these runs are stored; the positions to tell Kafka, for its lag tools."""
        for run in runs:
            place = run.partition.topic, run.partition.number
            if place in self._next:
                self._next[place] = run.next_offset
                self.lags.stored(place, run.next_offset, cast("_Received", run.messages[-1]).timestamp()[1])
        return [TopicPartition(run.partition.topic, run.partition.number, run.next_offset) for run in runs]

    def _weigh(self, message: _Received, error: KafkaError) -> None:
        """An event that came in place of a message: only one that concerns offsets or the whole client matters."""
        place = message.topic(), message.partition()
        if error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE) and place in self._next:
            self._require_readable(place, self._next[place])
            self._misplaced(place)
        elif error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            self._watch.hurry()
        elif error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise denied(Right("Read", "topic", message.topic()))
        else:
            self._require_usable(error)

    def _require_usable(self, error: KafkaError) -> None:
        if is_final(error):
            raise KafkaException(error)

    def _met_gap(self, place: tuple[str, int], missing: int, found: int, follows: bool) -> None:
        """Place the partition anew; raise DataFault if that was done, and the gap is in the log itself.

        What precedes it (`follows`) is stored first. After a seek that had not taken hold another message is found.
        """
        if not follows:
            self._require_readable(place, missing)
            if self._gaps.get(place) == (missing, found):
                topic, number = place
                raise DataFault(
                    f"{topic}[{number}]: there are no messages {missing} to {found - 1} in the log",
                    "a transaction or compaction left them out, or the broker lost them;"
                    f" `scrobbles offsets skip {topic} {number} --to {found}` continues after them",
                    "offset_missing",
                )
        self._gaps[place] = missing, found
        self._misplaced(place)

    def _misplaced(self, place: tuple[str, int]) -> None:
        self._consumer.pause(_plain([place]))
        self._next.pop(place, None)
        self._unplaced.add(place)

    def _require_readable(self, place: tuple[str, int], expected: int) -> None:
        low, high = self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=_ENDS_SECONDS)
        topic, number = place
        if low <= expected <= high:
            return
        self._watch.require_same()
        if expected < low:
            raise DataFault(
                f"{topic}[{number}]: messages {expected} to {low - 1} are gone from Kafka before they were stored",
                f"retention deleted them; `scrobbles offsets skip {topic} {number} --to low` continues after them",
                "offset_gone",
            )
        raise DataFault(
            f"{topic}[{number}]: offset {expected} is stored, but the log ends at {high}",
            f"the log lost its tail; `scrobbles offsets adopt {topic}` continues at its end",
            "log_truncated",
        )


def _plain(places: Sequence[tuple[str, int]] | Mapping[tuple[str, int], int]) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for topic, number in places]

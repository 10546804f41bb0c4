"""Sends listens to a scrobble topic, keyed by their lookup key, and counts what the broker has acknowledged.

Idempotent, acknowledged by all replicas, in compressed batches. The partitioner is the one of Kafka's Java client, so
producers in any language send a track to the same partition.
"""

import time
from collections.abc import Callable

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.broker import client_config, fault_of
from schemas.identity import lookup_key
from schemas.listen import VERSION, Listen, ListenMessage, Track
from schemas.settings import Settings

# Messages that wait in memory for the broker; about 400 bytes each, and 0.2 s of work for a worker.
_QUEUED_MESSAGES = 20_000
_QUEUED_KILOBYTES = 8_192
# A listening history repeats itself: a spelling is encoded and normalised once. About 800 bytes each.
_SPELLINGS = 8_000
# Delivery reports are collected every so many messages: asking after each one costs more than sending it.
_POLL_EVERY = 512
_encode = msgspec.json.Encoder().encode


class Publisher:
    """Sends the listens of one source. `sent` counts what was queued; `acknowledged` equals it after `flush`."""

    def __init__(
        self, settings: Settings, topic: str, source_id: int, silent: Callable[[float], None] = lambda _: None
    ) -> None:
        """Raises DependencyGone where no Kafka is known; one that does not answer shows in `flush`.

        `silent` is told, several times a second, for how many seconds a full queue has waited for an acknowledgement;
        what it raises ends the waiting, and the listen is not sent.
        """
        self.sent = 0
        self._failed = 0
        self._settings = settings
        self._topic = topic
        self._source_id = source_id
        self._silent = silent
        self._failure: KafkaError | None = None
        self._spellings: dict[Track, tuple[msgspec.Raw, bytes]] = {}
        self._producer = Producer(
            client_config(
                settings,
                enable_idempotence=True,
                acks="all",
                compression_type="lz4",
                partitioner="murmur2_random",
                linger_ms=10,
                batch_size=262_144,
                queue_buffering_max_messages=_QUEUED_MESSAGES,
                queue_buffering_max_kbytes=_QUEUED_KILOBYTES,
                # A report for each success would cost 0.9 us of the 4 that a message takes; the client's own count of
                # what is outstanding says the same.
                delivery_report_only_error=True,
            )
            | {"on_delivery": self._failed_to_deliver}
        )

    @property
    def acknowledged(self) -> int:
        """How many messages every replica has confirmed."""
        return self.sent - self._failed - len(self._producer)

    def send(self, listen: Listen) -> None:
        """Queue one listen; waits while the queue is full. Raises the Fault of an earlier one that was refused."""
        packed = self._spellings.get(listen.track) or self._pack(listen.track)
        value = _encode(ListenMessage(VERSION, self._source_id, listen.listened_at, packed[0], listen.played_ms))
        while True:
            try:
                self._producer.produce(self._topic, value, packed[1])
                break
            except BufferError:
                self._wait_for_room()
        self.sent += 1
        if self.sent % _POLL_EVERY == 0:
            self._producer.poll(0)
            self._require_delivered()

    def flush(self, seconds: float) -> bool:
        """Wait until every message is acknowledged, or for so long; says whether it is. Raises a refusal's Fault."""
        left = self._producer.flush(seconds)
        self._require_delivered()
        return left == 0

    def _wait_for_room(self) -> None:
        waiting, begun = len(self._producer), time.monotonic()
        while len(self._producer) >= waiting:
            self._producer.poll(0.1)
            self._require_delivered()
            self._silent(time.monotonic() - begun)

    def _pack(self, track: Track) -> tuple[msgspec.Raw, bytes]:
        if len(self._spellings) >= _SPELLINGS:
            self._spellings.clear()
        packed = self._spellings[track] = msgspec.Raw(_encode(track)), lookup_key(track)
        return packed

    def _failed_to_deliver(self, error: KafkaError, _: Message) -> None:
        self._failed += 1
        self._failure = self._failure or error

    def _require_delivered(self) -> None:
        if self._failure is not None:
            raise fault_of(self._failure, self._settings) from KafkaException(self._failure)

"""Sends listens to a scrobble topic, keyed by their lookup key, and counts what the broker has acknowledged.

Idempotent, acknowledged by all replicas, in compressed batches. The partitioner is the one of Kafka's Java client, so
producers in any language send a track to the same partition.
"""

import time
from collections.abc import Callable
from weakref import WeakMethod

import msgspec
from confluent_kafka import KafkaError, KafkaException, Producer

from schemas.broker import client_config
from schemas.identity import lookup_key
from schemas.kafka_faults import Right, fatal_as_fault, fault_of
from schemas.listen import VERSION, Listen, ListenMessage
from schemas.settings import Settings

# Messages that wait in memory for the broker; about 400 bytes each. An idempotent producer gets its id from the broker
# half a second after it was made, and so much is read meanwhile.
QUEUED_MESSAGES = 50_000
_QUEUED_KILOBYTES = 20_480
# Refusals are collected every so many messages, 40 ms of work: asking after each one costs more than sending it.
_POLL_EVERY = 4_096
_encode = msgspec.json.Encoder().encode


class Publisher:
    """Sends the listens of one source. `sent` counts what was queued; `acknowledged` equals it after `flush`."""

    def __init__(
        self, settings: Settings, topic: str, source_id: int, silent: Callable[[float], None] | None = None
    ) -> None:
        """Raises DependencyGone where no Kafka is known; one that does not answer shows in `flush`.

        `silent`, a method, is told several times a second for how many seconds a full queue has waited for an
        acknowledgement; what it raises ends the waiting, and the listen is not sent. Its object is not kept alive.
        """
        self.sent = 0
        self._settings = settings
        self._topic = topic
        self._right = Right("Write", "topic", topic)
        self._source_id = source_id
        # Weak, and the callback below holds no more than a list: in a circle the client and its threads would live
        # until a collection, and an import has that switched off.
        self._silent = None if silent is None else WeakMethod(silent)
        refused: list[KafkaError] = []
        self._refused = refused
        self._producer = Producer(
            client_config(
                settings,
                enable_idempotence=True,
                acks="all",
                compression_type="lz4",
                partitioner="murmur2_random",
                # Batches of 80 kB: with 10 ms, a fifth of that, the broker worked half as much again. Flushing does not
                # wait for it.
                linger_ms=50,
                batch_size=262_144,
                queue_buffering_max_messages=QUEUED_MESSAGES,
                queue_buffering_max_kbytes=_QUEUED_KILOBYTES,
                # A report for each success would cost 0.9 us of the 4 that a message takes; the client's own count of
                # what is outstanding says the same.
                delivery_report_only_error=True,
            )
            | {"on_delivery": lambda error, _: refused.append(error)}
        )

    @property
    def acknowledged(self) -> int:
        """How many messages every replica has confirmed."""
        return self.sent - len(self._refused) - len(self._producer)

    def send(self, listen: Listen) -> None:
        """Queue one listen; waits while the queue is full.

        Raises the Fault of an earlier one that was refused, or of this one where the client refuses to take it.
        """
        track = listen.track
        key = lookup_key(track)
        value = _encode(ListenMessage(VERSION, self._source_id, listen.listened_at, track, listen.played_ms))
        while True:
            try:
                self._producer.produce(self._topic, value, key)
                break
            except BufferError:
                self._wait_for_room()
            except KafkaException as error:
                raise fault_of(error.args[0], self._settings, self._right) from error
        self.sent += 1
        if self.sent % _POLL_EVERY == 0:
            self._poll(0)

    def flush(self, seconds: float) -> bool:
        """Wait until every message is acknowledged, or for so long; says whether it is. Raises a refusal's Fault."""
        with fatal_as_fault(self._settings, self._right):
            left = self._producer.flush(seconds)
        self._require_delivered()
        return left == 0

    def _wait_for_room(self) -> None:
        waiting, begun = len(self._producer), time.monotonic()
        while len(self._producer) >= waiting:
            # Nothing but a refusal ends it early, and what is idle here for longer is missing from the whole.
            self._poll(0.02)
            silent = self._silent and self._silent()
            if silent:
                silent(time.monotonic() - begun)

    def _poll(self, seconds: float) -> None:
        with fatal_as_fault(self._settings, self._right):
            self._producer.poll(seconds)
        self._require_delivered()

    def _require_delivered(self) -> None:
        if self._refused:
            raise fault_of(self._refused[0], self._settings, self._right) from KafkaException(self._refused[0])

"""Makes a worker from the settings: its Kafka consumer, its assignment, its store."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaException

from consumers.listens.contact import Contact
from consumers.listens.loop import Worker
from consumers.listens.offsets import Assignment
from consumers.listens.taking import Limits
from consumers.listens.watch import TopicWatch
from schemas.broker import admin, client_config, topic_ids
from schemas.kafka_faults import fault_of
from schemas.settings import Settings
from schemas.topics import Lane, lane_topic

# How long the group waits for a silent worker before it gives its partitions away (classic protocol; with the newer
# one the broker decides).
_SESSION_MS = 10_000
# Leaving took 2 s at most, with a broker that was frozen too.
_LEAVE_SECONDS = 10.0


@contextmanager
def joined(settings: Settings, database_url: str, lanes: Sequence[Lane], limits: Limits) -> Iterator[Worker]:
    """A worker that joins the group, and leaves it at the end of the block.

    Raises the Faults of a Kafka or a Postgres that cannot be used, also for what the block meets of them.
    """
    try:
        ids = topic_ids(admin(settings), [lane_topic(settings.topic_prefix, lane).name for lane in lanes])
        contact = Contact()
        consumer = Consumer(_config(settings, contact))
        try:
            assignment = Assignment(consumer, TopicWatch(settings, ids), contact)
            yield Worker(consumer, assignment, database_url, limits)
        finally:
            leave(consumer)
    except KafkaException as error:
        raise fault_of(error.args[0], settings) from error


def leave(consumer: Consumer, seconds: float = _LEAVE_SECONDS) -> None:
    """Leave the group; where that takes longer, the process is ended by SIGALRM, and nothing stored is lost.

    A rebalance that meets the leaving was seen to have the client wait for ever (librdkafka 4041): a worker that stores
    nothing, still runs, and has not yet said why it ends. It waits inside a callback, with Python's lock in hand, so
    no other thread could end it and no handler of ours would run.
    """
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        consumer.close()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _config(settings: Settings, contact: Contact) -> dict[str, Any]:
    protocol: dict[str, str | int] = (
        {"group_protocol": "consumer", "group_remote_assignor": "range"}
        if settings.group_protocol == "consumer"
        else {"partition_assignment_strategy": "cooperative-sticky", "session_timeout_ms": _SESSION_MS}
    )
    ours = client_config(
        settings,
        group_id=settings.group,
        enable_auto_commit=False,
        # Whether the brokers answer; 25 kB each time.
        statistics_interval_ms=2_000,
        # A frozen broker keeps its connections, and its partitions are read from another one only when a request to it
        # has timed out. The default is a minute; no request of a reader takes seconds.
        socket_timeout_ms=10_000,
        # A position that is gone must stop the worker: the other values skip to the end or repeat from the start.
        auto_offset_reset="error",
        fetch_wait_max_ms=50,
        # The default of 1,000 ms stalls a fast worker for whole seconds whenever its queue was full.
        fetch_queue_backoff_ms=5,
        # What was fetched and is not yet stored is bounded in all, for all partitions end in one queue, and exceeded by
        # one answer. With 8,192 kB, and answers of 1 MB a partition, a worker with a backlog held 190 MB, and 240 of
        # both lanes; so 131 and 159, as fast. 1,024 kB alone holds 124 and 152, and takes 8 % longer: it runs empty.
        queued_min_messages=8_000,
        queued_max_messages_kbytes=2_048,
        fetch_message_max_bytes=262_144,
        **protocol,
    )
    return {**ours, "error_cb": contact.error, "stats_cb": contact.statistics}

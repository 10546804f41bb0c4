"""Makes a worker from the settings: its Kafka consumer, its assignment, its store."""

from collections.abc import Sequence
from typing import Any

from confluent_kafka import Consumer

from consumers.listens.loop import Limits, Worker
from consumers.listens.offsets import Assignment
from schemas.broker import admin, client_config, topic_ids
from schemas.settings import Settings
from schemas.topics import Lane, lane_topic

# How long the group waits for a silent worker before it gives its partitions away (classic protocol; with the newer
# one the broker decides).
_SESSION_MS = 10_000


def start(settings: Settings, database_url: str, lanes: Sequence[Lane], limits: Limits) -> tuple[Worker, Consumer]:
    """A worker that has joined the group. Raises the Faults of a Kafka or a Postgres that cannot be used."""
    topics = [lane_topic(settings.topic_prefix, lane).name for lane in lanes]
    ids = topic_ids(admin(settings), topics)
    consumer = Consumer(_config(settings))
    try:
        return Worker(consumer, Assignment(consumer, ids), database_url, limits), consumer
    except BaseException:
        consumer.close()
        raise


def _config(settings: Settings) -> dict[str, Any]:
    protocol: dict[str, str | int] = (
        {"group_protocol": "consumer", "group_remote_assignor": "range"}
        if settings.group_protocol == "consumer"
        else {"partition_assignment_strategy": "cooperative-sticky", "session_timeout_ms": _SESSION_MS}
    )
    return client_config(
        settings,
        group_id=settings.group,
        enable_auto_commit=False,
        # A position that is gone must stop the worker: the other values skip to the end or repeat from the start.
        auto_offset_reset="error",
        fetch_wait_max_ms=50,
        # The default of 1,000 ms stalls a fast worker for whole seconds whenever its queue was full.
        fetch_queue_backoff_ms=5,
        # Bound the memory of what was fetched and is not yet stored: messages per partition, and bytes in all.
        queued_min_messages=8_000,
        queued_max_messages_kbytes=8_192,
        **protocol,
    )

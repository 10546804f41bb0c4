"""The Kafka cluster: how clients reach it, which topics it has, and where their logs begin and end."""

import logging
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar
from uuid import UUID

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    OffsetSpec,
    TopicDescription,
)

from schemas.errors import AccessDenied, ConfigurationFault, DependencyGone, Fault
from schemas.kafka_faults import DENIED, RIGHTS, Right, denied, fault_of
from schemas.settings import Settings
from schemas.tls import tls_fault

T = TypeVar("T")

# Seconds for one answer of the cluster; a newcomer with a wrong address is told within these.
ANSWER_SECONDS = 5
_REFRESH_MS = 1_000
LOOK_SECONDS = 0.02
# What a broker says that has just started and has not taken up its partitions. With many of them that takes seconds;
# the client does not hold these for errors that pass.
_BEGINNING = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.UNKNOWN_LEADER_EPOCH)
# librdkafka prints its own lines to stderr unless a logger takes them, and Python prints those of a logger without a
# handler. They are about passing states of the connection; a service shows them at level debug.
_log = logging.getLogger("librdkafka")
_log.addHandler(logging.NullHandler())


def client_config(settings: Settings, **properties: str | float | bool) -> dict[str, Any]:
    """The librdkafka configuration of a client; keyword `linger_ms` is the property linger.ms.

    What the person passes through (TLS, SASL) wins. Raises DependencyGone where no address is known.
    """
    if settings.kafka is None:
        raise DependencyGone(
            "no Kafka: none is running here and SCROBBLES_KAFKA is not set",
            "start one with `scrobbles up`",
            "kafka_gone",
        )
    ours = {name.replace("_", "."): value for name, value in properties.items()}
    return {"bootstrap.servers": settings.kafka, "logger": _log, **ours, **settings.kafka_properties}


def admin(settings: Settings) -> AdminClient:
    """An admin client of a cluster that answers. Keep it as long as its futures: a collected one fails them.

    Raises ConfigurationFault for a property that librdkafka does not know; so every command asks here first.
    """
    refusals: list[KafkaError] = []
    handshakes: list[str] = []

    def told(error: KafkaError) -> None:
        if error.code() in DENIED:
            refusals.append(error)
        elif error.code() == KafkaError._SSL or "SSL handshake failed" in error.str():
            handshakes.append(error.str())

    try:
        # The cluster may have named a controller that has just died. The client waits for it, spinning, until it asks
        # for another one: by default after five minutes.
        ours = client_config(settings, topic_metadata_refresh_interval_ms=_REFRESH_MS)
        client = AdminClient(ours | {"error_cb": told})
    except KafkaException as error:
        raise ConfigurationFault(
            f"Kafka cannot be used with these settings: {error.args[0].str()}",
            "`scrobbles config show` lists them",
            "kafka_unusable",
        ) from error
    try:
        client.list_topics(timeout=ANSWER_SECONDS)
    except KafkaException as error:
        client.poll(0)  # to a client that is refused at the door the call says only that time ran out
        if refusals:
            raise fault_of(refusals[0], settings) from error
        raise tls_fault(settings, next(iter(handshakes), None)) or fault_of(error.args[0], settings) from error
    return client


def topic_ids(client: AdminClient, names: list[str]) -> dict[str, UUID]:
    """The id of each topic. Raises ConfigurationFault for one that does not exist, AccessDenied, DependencyGone."""
    found = {}
    for name in names:
        try:
            topic = describe(client, name)
        except KafkaException as error:
            raise _topic_fault(error.args[0], name) from error
        if topic is None:
            raise ConfigurationFault(f"there is no topic {name}", "run `scrobbles topics ensure`", "topic_missing")
        found[name] = _uuid(topic)
    return found


def _topic_fault(error: KafkaError, name: str) -> Fault:
    if error.code() in RIGHTS:
        return denied(Right("Describe", "topic", name))
    return DependencyGone(f"Kafka does not tell about the topic {name}: {error.str()}", "", "kafka_gone")


def describe(client: AdminClient, name: str) -> TopicDescription | None:
    """What the cluster knows of a topic, None where it knows none. Raises KafkaException."""
    asked = client.describe_topics(TopicCollection([name]), request_timeout=ANSWER_SECONDS)
    answer: Future[TopicDescription] = asked[name]
    try:
        return answer_of(answer)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return None
        raise


def _uuid(topic: TopicDescription) -> UUID:
    found: Any = topic.topic_id
    high, low = found.get_most_significant_bits(), found.get_least_significant_bits()
    return UUID(int=(high % 2**64) << 64 | low % 2**64)


def answer_of(future: Future[T]) -> T:
    """What the cluster answers. Raises KafkaException, also where it is silent for ANSWER_SECONDS."""
    try:
        return future.result(ANSWER_SECONDS)
    except TimeoutError as error:
        sentence = f"no answer within {ANSWER_SECONDS} s"
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, sentence)) from error


def present_ids(client: AdminClient, names: list[str]) -> dict[str, UUID]:
    """The id of each topic that exists. Raises AccessDenied, DependencyGone."""
    found: dict[str, UUID] = {}
    for name in names:
        with suppress(ConfigurationFault):
            found |= topic_ids(client, [name])
    return found


def end_offsets(client: AdminClient, topics: list[str]) -> dict[tuple[str, int], int]:
    """The offset after the last message of each partition of the topics that exist.

    Raises AccessDenied, DependencyGone.
    """
    return _offsets(client, topics, OffsetSpec.latest())  # type: ignore[no-untyped-call]


def first_offsets(client: AdminClient, topics: list[str]) -> dict[tuple[str, int], int]:
    """The offset of the first message that each partition still holds.

    Raises AccessDenied, DependencyGone.
    """
    return _offsets(client, topics, OffsetSpec.earliest())  # type: ignore[no-untyped-call]


def _offsets(client: AdminClient, topics: list[str], which: OffsetSpec) -> dict[tuple[str, int], int]:
    """Ask until it answers: a broker that has just started does not know yet that it leads its partitions."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            return _offsets_now(client, topics, which)
        except KafkaException as error:
            said: KafkaError = error.args[0]
            if said.code() in DENIED:
                sentence = f"Kafka refuses to tell where its logs begin and end: {said.str()}"
                raise AccessDenied(sentence, "", "kafka_denied") from error
            passes = said.retriable() or said.code() in _BEGINNING
            if not passes or time.monotonic() > deadline:
                sentence = f"Kafka does not tell where its logs begin and end: {said.str()}"
                raise DependencyGone(sentence, "", "kafka_gone") from error
        time.sleep(LOOK_SECONDS)


def _offsets_now(client: AdminClient, topics: list[str], which: OffsetSpec) -> dict[tuple[str, int], int]:
    known = client.list_topics(timeout=ANSWER_SECONDS).topics
    places = [TopicPartition(name, number) for name in topics if name in known for number in known[name].partitions]
    answers = client.list_offsets(dict.fromkeys(places, which))
    return {(at.topic, at.partition): answer_of(answer).offset for at, answer in answers.items()}

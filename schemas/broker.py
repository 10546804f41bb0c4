"""The Kafka cluster: how clients reach it, which topics it must have, and how far behind the consumers are."""

import logging
import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar
from uuid import UUID

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
    TopicDescription,
)

from schemas.errors import AccessDenied, ConfigurationFault, DependencyGone, Fault
from schemas.settings import Settings
from schemas.topics import Topic, all_topics

T = TypeVar("T")

# Seconds for one answer of the cluster; a newcomer with a wrong address is told within these.
ANSWER_SECONDS = 5
_LOOK_SECONDS = 0.02
# What a broker says that has just started and has not taken up its partitions. With many of them that takes seconds;
# the client does not hold these for errors that pass.
_BEGINNING = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.UNKNOWN_LEADER_EPOCH)
# The cluster answers, and refuses us.
DENIED = {
    KafkaError._AUTHENTICATION,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}
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

    def told(error: KafkaError) -> None:
        if error.code() in DENIED:
            refusals.append(error)

    try:
        client = AdminClient(client_config(settings) | {"error_cb": told})
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
        raise fault_of(next(iter(refusals), error.args[0]), settings) from error
    return client


def is_final(error: KafkaError) -> bool:
    """Whether the client or the cluster has given up; every other error passes by itself.

    A fatal error comes with the code _FATAL, and may say of itself that it is none (confluent-kafka-python 869).
    """
    return error.fatal() or error.code() == KafkaError._FATAL or error.code() in DENIED


def fault_of(error: KafkaError, settings: Settings) -> Fault:
    """The Fault that tells a person about an error of the client or the cluster."""
    at = f"Kafka at {settings.kafka}"
    if error.code() in DENIED:
        return AccessDenied(f"{at} refuses us: {error.str()}", "check SCROBBLES_KAFKA__SASL_*", "kafka_denied")
    if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return ConfigurationFault(f"{at}: {error.str()}", "run `scrobbles topics ensure`", "topic_missing")
    if error.code() in (KafkaError._UNSUPPORTED_FEATURE, KafkaError.UNSUPPORTED_VERSION):
        hint = "brokers before Kafka 4 need SCROBBLES_GROUP_PROTOCOL=classic"
        return ConfigurationFault(f"{at} does not speak our protocol: {error.str()}", hint, "kafka_unusable")
    if is_final(error):
        return DependencyGone(f"the client of {at} has given up: {error.str()}", "start again", "kafka_gone")
    hint = "`scrobbles status` tells what runs; `scrobbles up` starts one here unless SCROBBLES_KAFKA names another"
    return DependencyGone(f"{at} does not answer: {error.str()}", hint, "kafka_gone")


def topic_ids(client: AdminClient, names: list[str]) -> dict[str, UUID]:
    """The id of each topic. Raises ConfigurationFault for one that does not exist, AccessDenied, DependencyGone."""
    found = {}
    for name, future in ask_topics(client, names).items():
        try:
            found[name] = id_of(future)
        except KafkaException as error:
            raise _topic_fault(error.args[0], name) from error
    return found


def _topic_fault(error: KafkaError, name: str) -> Fault:
    if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return ConfigurationFault(f"there is no topic {name}", "run `scrobbles topics ensure`", "topic_missing")
    if error.code() in DENIED:
        return AccessDenied(f"Kafka refuses to tell about the topic {name}: {error.str()}", "", "kafka_denied")
    return DependencyGone(f"Kafka does not tell about the topic {name}: {error.str()}", "", "kafka_gone")


def ask_topics(client: AdminClient, names: list[str]) -> Mapping[str, Future[TopicDescription]]:
    """Ask what each topic is; returns at once."""
    answers: Mapping[str, Future[TopicDescription]] = client.describe_topics(
        TopicCollection(names), request_timeout=ANSWER_SECONDS
    )
    return answers


def id_of(answer: Future[TopicDescription]) -> UUID:
    """The id in an answer to `ask_topics`; waits for it. Raises KafkaException."""
    uuid: Any = answer.result().topic_id
    high, low = uuid.get_most_significant_bits(), uuid.get_least_significant_bits()
    return UUID(int=(high % 2**64) << 64 | low % 2**64)


def _answer(future: Future[T]) -> T:
    """What the cluster answers. Raises KafkaException, also where it is silent for ANSWER_SECONDS."""
    try:
        return future.result(ANSWER_SECONDS)
    except TimeoutError as error:
        sentence = f"no answer within {ANSWER_SECONDS} s"
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, sentence)) from error


def ensure_topics(settings: Settings) -> list[str]:
    """Make the topics that are missing. A line for each that was made, and for each that is not as it should be.

    Raises AccessDenied, ConfigurationFault, DependencyGone.
    """
    client = admin(settings)
    try:
        return _ensure(client, settings)
    except KafkaException as error:
        raise fault_of(error.args[0], settings) from error


def _ensure(client: AdminClient, settings: Settings) -> list[str]:
    existing = client.list_topics(timeout=ANSWER_SECONDS).topics
    lines = []
    for topic in all_topics(settings.topic_prefix):
        if topic.name not in existing:
            lines += _make(client, topic)
            continue
        partitions = len(existing[topic.name].partitions)
        if partitions != topic.partitions:
            lines.append(f"{topic.name} has {partitions} partitions instead of {topic.partitions}")
        lines += _drift(client, topic)
    _await_topics(client, settings)
    return lines


def _make(client: AdminClient, topic: Topic) -> list[str]:
    # -1: the replication factor is the cluster's own default.
    wanted = NewTopic(topic.name, topic.partitions, -1, config=topic.config)
    try:
        _answer(client.create_topics([wanted])[topic.name])
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:  # by another process, a moment ago
            return []
        raise
    return [f"{topic.name} made with {topic.partitions} partitions"]


def _await_topics(client: AdminClient, settings: Settings) -> None:
    """A broker says "made" a moment before it knows the topic itself: a worker started then would find none."""
    wanted = {topic.name for topic in all_topics(settings.topic_prefix)}
    deadline = time.monotonic() + ANSWER_SECONDS
    while not wanted <= client.list_topics(timeout=ANSWER_SECONDS).topics.keys() and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)


def _drift(client: AdminClient, topic: Topic) -> list[str]:
    resource = ConfigResource(ResourceType.TOPIC, topic.name)
    try:
        actual = _answer(client.describe_configs([resource])[resource])
    except KafkaException as error:
        raise _topic_fault(error.args[0], topic.name) from error
    return [
        f"{topic.name} has {name}={actual[name].value} instead of {value}"
        for name, value in topic.config.items()
        if name in actual and actual[name].value != value
    ]


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
        time.sleep(_LOOK_SECONDS)


def _offsets_now(client: AdminClient, topics: list[str], which: OffsetSpec) -> dict[tuple[str, int], int]:
    known = client.list_topics(timeout=ANSWER_SECONDS).topics
    places = [TopicPartition(name, number) for name in topics if name in known for number in known[name].partitions]
    answers = client.list_offsets(dict.fromkeys(places, which))
    return {(at.topic, at.partition): _answer(answer).offset for at, answer in answers.items()}

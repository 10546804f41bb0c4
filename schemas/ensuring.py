"""Creates the topics that are missing, and compares the others with what they should be."""

import time
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType, TopicDescription

from schemas.broker import ANSWER_SECONDS, LOOK_SECONDS, admin, answer_of, describe
from schemas.errors import DependencyGone
from schemas.kafka_faults import RIGHTS, Right, denied, fault_of
from schemas.settings import Settings
from schemas.topics import Topic, all_topics

# The cluster's own default.
_DEFAULT = -1


class Ensured(NamedTuple):
    """A line for each topic that was created, and for each thing that is not as it should be."""

    created: list[str]
    drift: list[str]


def ensure_topics(settings: Settings) -> Ensured:
    """Bring the topics into being; nothing that exists is changed.

    Raises AccessDenied, with all rights that are missing; ConfigurationFault, DependencyGone.
    """
    client = admin(settings)
    ensured, missing = Ensured([], []), list[Right]()
    for topic in all_topics(settings.topic_prefix, settings.topic_min_isr):
        wanted = Right("Describe", "topic", topic.name)
        try:
            found = describe(client, topic.name)
            if found is None:
                wanted = wanted._replace(operation="Create")
                ensured.created.extend(_create(client, topic, settings.topic_replication))
            else:
                wanted = wanted._replace(operation="DescribeConfigs")
                ensured.drift.extend([*_shape(found, topic, settings), *_config(client, topic)])
        except KafkaException as error:
            if error.args[0].code() not in RIGHTS:
                raise fault_of(error.args[0], settings) from error
            missing.append(wanted)
    if missing:
        raise denied(*missing)
    _await_topics(client, settings)
    return ensured


def _create(client: AdminClient, topic: Topic, replication: int | None) -> list[str]:
    wanted = NewTopic(topic.name, topic.partitions, replication or _DEFAULT, config=topic.config)
    try:
        answer_of(client.create_topics([wanted])[topic.name])
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:  # by another process, a moment ago
            return []
        raise
    return [f"{topic.name} created with {topic.partitions} partitions"]


def _await_topics(client: AdminClient, settings: Settings) -> None:
    """A broker says "created" a moment before it knows the topic itself: a worker started then would find none."""
    wanted = {topic.name for topic in all_topics(settings.topic_prefix)}
    deadline = time.monotonic() + ANSWER_SECONDS
    while missing := wanted - client.list_topics(timeout=ANSWER_SECONDS).topics.keys():
        if time.monotonic() > deadline:
            sentence = f"Kafka has created {', '.join(sorted(missing))}, but its brokers do not know of it yet"
            raise DependencyGone(sentence, "`scrobbles topics ensure` looks again", "kafka_gone")
        time.sleep(LOOK_SECONDS)


def _shape(found: TopicDescription, topic: Topic, settings: Settings) -> list[str]:
    lines = []
    if len(found.partitions) != topic.partitions:
        lines.append(f"{topic.name} has {len(found.partitions)} partitions instead of {topic.partitions}")
    replicas = min(len(partition.replicas) for partition in found.partitions)
    if settings.topic_replication not in (None, replicas):
        lines.append(f"{topic.name} has {replicas} replicas instead of {settings.topic_replication}")
    return lines


def _config(client: AdminClient, topic: Topic) -> list[str]:
    resource = ConfigResource(ResourceType.TOPIC, topic.name)
    actual = answer_of(client.describe_configs([resource])[resource])
    return [
        f"{topic.name} has {name}={actual[name].value} instead of {value}"
        for name, value in topic.config.items()
        if name in actual and actual[name].value != value
    ]

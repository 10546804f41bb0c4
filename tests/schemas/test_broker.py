"""What is asked of a cluster: topics as they must be, ids, ends; and what its silence means."""

import time
from uuid import UUID

import msgspec
import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from producers.publish import Publisher
from schemas import broker
from schemas.broker import admin, client_config, end_offsets, topic_ids
from schemas.ensuring import ensure_topics
from schemas.errors import AccessDenied, ConfigurationFault, DependencyGone, Fault
from schemas.listen import Listen, Track
from schemas.settings import Settings
from schemas.topics import LANES, PARTITIONS, all_topics, lane_topic
from tests.cli.commands import eventually
from tests.faults.mock import LIST_OFFSETS, MockCluster

PLAY = Listen(1_600_000_000, Track(("A",), "T"))


def test_topics_are_made_once_and_then_are_as_they_should_be(settings: Settings) -> None:
    names = [topic.name for topic in all_topics(settings.topic_prefix)]
    assert ensure_topics(settings) == ([f"{name} created with {PARTITIONS} partitions" for name in names], [])
    assert ensure_topics(settings) == ([], [])
    client = admin(settings)
    assert all(len(client.list_topics(name).topics[name].partitions) == PARTITIONS for name in names)


def test_a_topic_that_was_made_otherwise_is_told_and_left_alone(settings: Settings) -> None:
    name = lane_topic(settings.topic_prefix, "live").name
    client = admin(settings)
    client.create_topics([NewTopic(name, 3, 1, config={"retention.ms": "60000"})])[name].result(30)
    eventually(lambda: name in client.list_topics(timeout=5).topics)
    for _ in range(2):
        lines = ensure_topics(settings).drift
        assert f"{name} has 3 partitions instead of {PARTITIONS}" in lines
        assert f"{name} has retention.ms=60000 instead of -1" in lines
        assert f"{name} has message.timestamp.type=CreateTime instead of LogAppendTime" in lines


def test_a_topic_recreated_under_its_old_name_has_another_id(cluster: Settings) -> None:
    topic = lane_topic(cluster.topic_prefix, "live")
    client = admin(cluster)
    before = topic_ids(client, [topic.name])[topic.name]
    assert before != UUID(int=0)
    assert topic_ids(client, [topic.name])[topic.name] == before
    client.delete_topics([topic.name])[topic.name].result(30)
    eventually(lambda: topic.name not in client.list_topics(timeout=5).topics)
    ensure_topics(cluster)
    assert topic_ids(client, [topic.name])[topic.name] != before


def test_a_topic_that_does_not_exist_is_named_and_never_made_by_asking_or_sending(settings: Settings) -> None:
    name = lane_topic(settings.topic_prefix, "import").name
    client = admin(settings)
    with pytest.raises(ConfigurationFault, match=name):
        topic_ids(client, [name])
    impatient = {"topic.metadata.propagation.max.ms": "300"}
    publisher = Publisher(Settings(settings.data, settings.kafka, kafka_properties=impatient), name, 1)
    publisher.send(PLAY)
    with pytest.raises(Fault, match="topic"):
        publisher.flush(30)
    assert name not in client.list_topics(timeout=5).topics


def test_the_end_of_every_partition_is_told_even_of_an_empty_one(cluster: Settings) -> None:
    topic = lane_topic(cluster.topic_prefix, "live").name
    producer = Producer(client_config(cluster))
    for _ in range(3):
        producer.produce(topic, b"x", partition=4)
    assert producer.flush(30) == 0
    ends = end_offsets(admin(cluster), [topic, "no-such-topic"])
    assert ends == {(topic, number): 3 if number == 4 else 0 for number in range(PARTITIONS)}


@pytest.mark.parametrize("error", [KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.UNKNOWN_LEADER_EPOCH])
def test_a_broker_that_does_not_know_yet_what_it_leads_is_asked_again(settings: Settings, error: int) -> None:
    with MockCluster() as mock:
        mock.make_topic("t", 1)
        mock.answer_with(LIST_OFFSETS, [error])
        assert end_offsets(admin(Settings(settings.data, mock.address)), ["t"]) == {("t", 0): 0}
        assert mock.asked(LIST_OFFSETS) == 2


def test_an_answer_that_does_not_come_is_a_dependency_gone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "ANSWER_SECONDS", 1)
    with MockCluster() as mock:
        mock.make_topic("t", 1)
        client = admin(Settings(settings.data, mock.address))
        mock.answer_late(LIST_OFFSETS, 3)
        with pytest.raises(DependencyGone, match="no answer within 1 s"):
            end_offsets(client, ["t"])


def test_an_answer_that_is_not_allowed_is_an_access_denied(settings: Settings) -> None:
    with MockCluster() as mock:
        mock.make_topic("t", 1)
        mock.answer_with(LIST_OFFSETS, [KafkaError.TOPIC_AUTHORIZATION_FAILED])
        with pytest.raises(AccessDenied, match="Kafka refuses to tell where its logs begin and end"):
            end_offsets(admin(Settings(settings.data, mock.address)), ["t"])


def test_a_cluster_that_is_silent_about_its_topics_is_a_dependency_gone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "ANSWER_SECONDS", 1)
    with MockCluster() as mock:  # it makes no topic, and tells nothing about the settings of one
        chosen = Settings(settings.data, mock.address)
        with pytest.raises(DependencyGone, match="does not answer"):
            ensure_topics(chosen)
        for topic in all_topics(chosen.topic_prefix):
            mock.make_topic(topic.name, topic.partitions)
        with pytest.raises(DependencyGone, match="does not answer: no answer within 1 s"):
            ensure_topics(chosen)


def test_a_cluster_that_does_not_answer_is_gone_within_seconds_and_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "ANSWER_SECONDS", 1)
    begun = time.monotonic()
    with pytest.raises(DependencyGone, match=r"127\.0\.0\.1:1 does not answer"):
        admin(Settings(settings.data, "127.0.0.1:1"))
    assert time.monotonic() - begun < 4


def test_without_an_address_the_hint_is_how_to_start_one(settings: Settings) -> None:
    with pytest.raises(DependencyGone) as caught:
        client_config(Settings(settings.data))
    assert "scrobbles up" in caught.value.hint


def test_what_a_person_passes_through_wins(settings: Settings) -> None:
    chosen = Settings(settings.data, settings.kafka, kafka_properties={"linger.ms": "7", "client.id": "mine"})
    config = client_config(chosen, linger_ms=10, acks="all")
    assert (config["linger.ms"], config["client.id"], config["acks"]) == ("7", "mine", "all")
    with pytest.raises(KafkaException, match="No such configuration property"):
        AdminClient(client_config(Settings(settings.data, settings.kafka, kafka_properties={"no.such": "x"})))


def test_replicas_and_how_many_must_be_in_sync_are_compared_where_they_are_set(settings: Settings) -> None:
    name = lane_topic(settings.topic_prefix, "live").name
    chosen = msgspec.structs.replace(settings, topic_replication=1, topic_min_isr=1)
    assert len(ensure_topics(chosen).created) == len(LANES)
    assert ensure_topics(chosen) == ensure_topics(settings) == ([], [])
    lines = ensure_topics(msgspec.structs.replace(settings, topic_replication=3, topic_min_isr=2)).drift
    assert f"{name} has 1 replicas instead of 3" in lines
    assert f"{name} has min.insync.replicas=1 instead of 2" in lines

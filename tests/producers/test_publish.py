"""What a Publisher sends: the bytes, the key, the partition, and what it tells about a cluster that refuses."""

import gc

import msgspec
import psutil
import pytest
from confluent_kafka import Consumer, TopicPartition

from producers import publish
from producers.publish import Publisher
from schemas.broker import client_config
from schemas.errors import DependencyGone, Fault
from schemas.identity import lookup_key
from schemas.listen import VERSION, Listen, ListenMessage, Track
from schemas.settings import Settings
from schemas.topics import PARTITIONS, lane_topic
from tests.cli.commands import eventually
from tests.cli.groups import plays

SECONDS = 30.0


def murmur2(data: bytes) -> int:
    """As Kafka's Java client computes it (org.apache.kafka.common.utils.Utils.murmur2)."""
    multiplier, mask = 0x5BD1E995, 0xFFFFFFFF
    result = (0x9747B28C ^ len(data)) & mask
    whole = len(data) // 4 * 4
    for at in range(0, whole, 4):
        part = int.from_bytes(data[at : at + 4], "little") * multiplier & mask
        part = (part ^ part >> 24) * multiplier & mask
        result = result * multiplier & mask ^ part
    if data[whole:]:
        result = (result ^ int.from_bytes(data[whole:], "little")) * multiplier & mask
    result = (result ^ result >> 13) * multiplier & mask
    return result ^ result >> 15


def received(settings: Settings, topic: str, number: int) -> list[tuple[int | None, bytes | None, bytes | None]]:
    """Partition, key and value of everything in a topic, in the order of each partition."""
    consumer = Consumer(client_config(settings, group_id="reader", enable_auto_commit=False))
    try:
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
        found = consumer.consume(number, SECONDS)
        found += consumer.consume(1, 0.2)
        return [(message.partition(), message.key(), message.value()) for message in found]
    finally:
        consumer.close()


@pytest.mark.parametrize(
    ("data", "java"),
    [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536), (b"abc", 479470107)],
)
def test_the_hash_below_is_that_of_java(data: bytes, java: int) -> None:
    assert murmur2(data) == java % 2**32


def test_every_listen_arrives_once_whole_and_where_java_would_send_it(cluster: Settings) -> None:
    topic = lane_topic(cluster.topic_prefix, "live").name
    listens = [*plays(300), Listen(1_600_000_000, Track(("Björk", "Sjón"), "Jóga", "Homogenic", "Björk", 5), 7)]
    publisher = Publisher(cluster, topic, 42)
    for listen in listens:
        publisher.send(listen)
    assert publisher.flush(SECONDS)
    assert publisher.sent == publisher.acknowledged == len(listens)
    found = received(cluster, topic, len(listens))
    assert len(found) == len(listens)
    sent = {(listen.listened_at, lookup_key(listen.track)): listen for listen in listens}
    for partition, key, content in found:
        assert key is not None
        message = msgspec.json.decode(content or b"", type=ListenMessage[Track])
        listen = sent.pop((message.listened_at, key))
        assert message == ListenMessage(VERSION, 42, listen.listened_at, listen.track, listen.played_ms)
        assert partition == (murmur2(key) & 0x7FFFFFFF) % PARTITIONS
    assert sent == {}


def test_the_plays_of_one_track_stay_in_order(cluster: Settings) -> None:
    topic = lane_topic(cluster.topic_prefix, "live").name
    publisher = Publisher(cluster, topic, 1)
    spellings = ["Jóga", "JÓGA", "jóga"]
    for at in range(200):
        publisher.send(Listen(1_600_000_000 + at, Track(("Björk",), spellings[at % 3])))
    assert publisher.flush(SECONDS)
    found = received(cluster, topic, 200)
    assert len({partition for partition, _, _ in found}) == 1
    times = [msgspec.json.decode(value or b"", type=ListenMessage[Track]).listened_at for _, _, value in found]
    assert times == sorted(times)


def test_a_full_queue_makes_the_sender_wait_and_loses_nothing(
    cluster: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "QUEUED_MESSAGES", 10)
    topic = lane_topic(cluster.topic_prefix, "live").name
    sender = Sender(cluster)
    publisher = sender.publisher
    for listen in plays(500):
        publisher.send(listen)
    assert publisher.flush(SECONDS)
    assert publisher.acknowledged == 500
    assert len(received(cluster, topic, 500)) == 500


def test_a_message_that_is_refused_is_a_fault_and_not_counted_as_acknowledged(cluster: Settings) -> None:
    topic = lane_topic(cluster.topic_prefix, "live").name
    impatient = {"topic.metadata.propagation.max.ms": "300"}
    publisher = Publisher(Settings(cluster.data, cluster.kafka, kafka_properties=impatient), f"{topic}.not", 1)
    publisher.send(plays(1)[0])
    with pytest.raises(Fault):
        publisher.flush(SECONDS)
    assert (publisher.sent, publisher.acknowledged) == (1, 0)


def test_what_the_client_refuses_to_take_is_a_fault_and_not_counted_as_sent(cluster: Settings) -> None:
    narrow = {"message.max.bytes": "1000"}
    publisher = Publisher(Settings(cluster.data, cluster.kafka, kafka_properties=narrow), "anything", 1)
    with pytest.raises(Fault, match="too large"):
        publisher.send(Listen(1_600_000_000, Track(("Björk",), "ó" * 1_000)))
    assert (publisher.sent, publisher.acknowledged) == (0, 0)


class Sender:
    """Has a Publisher and is told by it, as in an import."""

    def __init__(self, settings: Settings) -> None:
        self.publisher = Publisher(settings, lane_topic(settings.topic_prefix, "live").name, 1, self.silent)

    def silent(self, seconds: float) -> None:
        assert seconds < SECONDS


def test_the_threads_of_a_publisher_end_with_it_though_circles_are_not_collected(cluster: Settings) -> None:
    process = psutil.Process()
    before = process.num_threads()
    gc.disable()
    try:
        for _ in range(5):
            sender = Sender(cluster)
            sender.publisher.send(plays(1)[0])
            assert sender.publisher.flush(SECONDS)
            assert process.num_threads() > before
            del sender
        eventually(lambda: process.num_threads() <= before)
    finally:
        gc.enable()


def test_a_broker_that_is_gone_shows_in_flush_and_nothing_is_acknowledged(cluster: Settings) -> None:
    publisher = Publisher(Settings(cluster.data, "127.0.0.1:1"), "anything", 1)
    publisher.send(plays(1)[0])
    assert not publisher.flush(0.3)
    assert (publisher.sent, publisher.acknowledged) == (1, 0)


def test_without_an_address_nothing_can_be_sent(cluster: Settings) -> None:
    with pytest.raises(DependencyGone):
        Publisher(Settings(cluster.data), "anything", 1)

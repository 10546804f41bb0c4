"""Whether Kafka answers the client that stores, as that client itself tells.

The consumer says nothing of a broker that is gone or frozen: to it, that is a log without new messages. A second
client that asks the cluster is no witness: it was seen to fail for minutes while plays were stored. But the consumer
counts the answers of each broker in its statistics, and while nothing comes it asks every 50 ms.
"""

from collections.abc import Iterator, Mapping

import msgspec
from confluent_kafka import KafkaError

from schemas.kafka_faults import is_final

# A broker that has just failed is replaced within a few seconds, which is nobody's trouble.
SILENT_SECONDS = 5.0
_COORDINATOR = "GroupCoordinator"


class _Broker(msgspec.Struct):
    nodeid: int
    nodename: str
    source: str
    state: str
    waitresp_cnt: int
    rx: int


class _Partition(msgspec.Struct):
    broker: int
    desired: bool


class _Topic(msgspec.Struct):
    partitions: dict[str, _Partition]


class _Statistics(msgspec.Struct):
    """The few fields that matter, by the names of librdkafka's STATISTICS.md; `ts` is a monotonic clock in us."""

    ts: int
    brokers: dict[str, _Broker]
    topics: dict[str, _Topic]


_decoder = msgspec.json.Decoder(_Statistics)


class Contact:
    """`statistics` and `error` are the client's callbacks; they run in the thread that consumes.

    `trouble` is why no messages can come, None while they can; `refusals` are the errors after which none ever will.
    """

    def __init__(self) -> None:
        self.trouble: str | None = None
        self.refusals: list[KafkaError] = []
        # How many answers each broker had given, and when it was last heard.
        self._answers: dict[str, int] = {}
        self._heard: dict[str, int] = {}

    def error(self, error: KafkaError) -> None:
        """Keep what does not pass by itself."""
        if is_final(error):
            self.refusals.append(error)

    def statistics(self, text: str) -> None:
        """Weigh how the brokers of our partitions have answered since the last time."""
        told = _decoder.decode(text)
        answered = {name for name, broker in told.brokers.items() if self._has_answered(name, broker)}
        self._answers = {name: broker.rx for name, broker in told.brokers.items()}
        needed = set(_needed(told))
        self._heard = {name: told.ts if name in answered else self._heard.get(name, told.ts) for name in needed}
        silences = {name: (told.ts - heard) / 1e6 for name, heard in self._heard.items()}
        self.trouble = _sentence(told, silences) if max(silences.values()) > SILENT_SECONDS else None

    def _has_answered(self, name: str, broker: _Broker) -> bool:
        # It has nothing to answer while all is paused, or the queue is full.
        return broker.state == "UP" and (not broker.waitresp_cnt or broker.rx != self._answers.get(name))


def _needed(told: _Statistics) -> Iterator[str]:
    """The brokers that our partitions are read from; without partitions, the one that deals them out."""
    names = {broker.nodeid: name for name, broker in told.brokers.items() if broker.source != "logical"}
    partitions = [each for topic in told.topics.values() for each in topic.partitions.values() if each.desired]
    for partition in partitions:
        yield names.get(partition.broker, "")
    if not partitions:
        yield _COORDINATOR


def _sentence(told: _Statistics, silences: Mapping[str, float]) -> str:
    name, longest = max(silences.items(), key=lambda each: each[1])
    nodename = told.brokers[name].nodename if name in told.brokers else ""
    who = f"the broker {nodename} has been silent" if nodename else "there has been no broker for our partitions"
    return f"Kafka does not answer: {who} for {longest:.0f} s"

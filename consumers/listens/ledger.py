"""Where the group stands in Kafka, and the two decisions about it that no worker takes: skip, and adopt.

Nothing else passes messages that were not read. Both are compare-and-set, counted in the ledger, and on record with the
name of who took them, in one transaction.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias, cast
from uuid import UUID

import psycopg
from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient
from psycopg.rows import class_row

import sql
from schemas.broker import ANSWER_SECONDS, client_config, end_offsets, first_offsets, present_ids
from schemas.errors import DependencyGone, Fault, UsageFault
from schemas.settings import Settings

# begun    read up to `next`; what follows is there
# unread   nobody has read it yet
# gap      messages that were not read are gone: skip
# cut      the log ends before `next`: adopt
# recreated  the topic was deleted and recreated, and nobody has decided yet: adopt
# former   a topic that is no more
State: TypeAlias = Literal["begun", "unread", "gap", "cut", "recreated", "former"]


class Position(NamedTuple):
    """One partition: the offsets from `first` up to `next` were passed, Kafka holds `low` up to `high`.

    Of a former topic nobody knows what Kafka held: None.
    """

    topic: str
    topic_id: UUID
    partition: int
    state: State
    first: int
    next: int
    low: int | None
    high: int | None
    lag: int | None
    read: int = 0
    inserted: int = 0
    duplicate: int = 0
    dead: int = 0
    skipped: int = 0


class _Row(NamedTuple):
    topic: str
    topic_id: UUID
    partition: int
    first: int
    next: int
    read: int
    inserted: int
    duplicate: int
    dead: int
    skipped: int


def positions(connection: psycopg.Connection, client: AdminClient, topics: Sequence[str]) -> list[Position]:
    """Every partition of these topics and of the ledger, sorted; former topics included. Raises DependencyGone."""
    rows = connection.cursor(row_factory=class_row(_Row)).execute(sql.read("ledger_of_partitions")).fetchall()
    names = sorted({*topics, *(row.topic for row in rows)})
    ids, low, high = present_ids(client, names), first_offsets(client, names), end_offsets(client, names)
    found = [_position(row, ids, low, high) for row in rows]
    begun = {(row.topic_id, row.partition) for row in rows}
    recreated = {row.topic for row in rows} - {row.topic for row in rows if ids.get(row.topic) == row.topic_id}
    for (topic, number), end in high.items():
        if (ids[topic], number) not in begun:
            begin = low[topic, number]
            state: State = "recreated" if topic in recreated else "unread"
            found.append(Position(topic, ids[topic], number, state, begin, begin, begin, end, end - begin))
    return sorted(found, key=lambda each: (each.topic, each.state != "former", each.partition))


def _position(
    row: _Row, ids: dict[str, UUID], lows: dict[tuple[str, int], int], highs: dict[tuple[str, int], int]
) -> Position:
    low, high = lows.get((row.topic, row.partition)), highs.get((row.topic, row.partition))
    counts = row.read, row.inserted, row.duplicate, row.dead, row.skipped
    place = row.topic, row.topic_id, row.partition
    if ids.get(row.topic) != row.topic_id or low is None or high is None:
        return Position(*place, "former", row.first, row.next, None, None, None, *counts)
    state: State = "gap" if row.next < low else "cut" if row.next > high else "begun"
    return Position(*place, state, row.first, row.next, low, high, max(high - max(row.next, low), 0), *counts)


class Skip(NamedTuple):
    """A move of one partition, forwards to the offset `to`."""

    at: Position
    to: int


def readable(plan: Skip, settings: Settings) -> int:
    """How many messages, at most, this passes that could be read: what lies before the first of them is gone.

    Kafka is asked for that one, for a log may have gaps. Raises DependencyGone.
    """
    begin = max(plan.at.next, plan.at.low or 0)
    return max(0, plan.to - _first_readable(plan.at, begin, settings)) if begin < plan.to else 0


def _first_readable(at: Position, begin: int, settings: Settings) -> int:
    # No group is joined. Where no message follows, the end of what can be read comes as an event.
    config = client_config(settings, group_id=settings.group, enable_auto_commit=False, enable_partition_eof=True)
    consumer = Consumer(config | {"auto.offset.reset": "error"})
    try:
        consumer.assign([TopicPartition(at.topic, at.partition, begin)])
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            message = consumer.poll(ANSWER_SECONDS)
            error = None if message is None else message.error()
            if message is not None and (error is None or error.code() == KafkaError._PARTITION_EOF):
                return cast("int", message.offset())
    finally:
        consumer.close()
    sentence = f"Kafka does not tell what {at.topic}[{at.partition}] holds from {begin} on"
    raise DependencyGone(sentence, "", "kafka_gone")


def plan_skip(found: Sequence[Position], topic: str, number: int, to: int | Literal["low"]) -> Skip:
    """What moving the partition there would pass. Raises UsageFault for what is no step forward within the log."""
    at = next((p for p in found if (p.topic, p.partition) == (topic, number) and p.state != "former"), None)
    if at is None or at.state in ("unread", "recreated") or at.low is None or at.high is None:
        raise UsageFault(f"{topic}[{number}] was never read", "`scrobbles offsets show` lists what was")
    target = at.low if to == "low" else to
    if target <= at.next:
        raise UsageFault(f"{topic}[{number}] stands at {at.next} already: a skip to {target} would not move it forward")
    if target > at.high:
        raise UsageFault(f"{topic}[{number}] ends at {at.high}: nothing is skipped before it is there")
    return Skip(at, target)


def plan_gaps(found: Sequence[Position]) -> list[Skip]:
    """A move to the first message that Kafka still holds, for each partition whose next ones are gone."""
    return [Skip(each, each.low) for each in found if each.state == "gap" and each.low is not None]


def skip(connection: psycopg.Connection, plan: Skip, by: str) -> None:
    """Do it. Raises Fault where a worker has moved the partition since it was looked at."""
    at = plan.at
    place = f"{at.topic}[{at.partition}]"
    _move(connection, at, plan.to, by, "skip", f"{place} from {at.next} to {plan.to}")


def adopt(connection: psycopg.Connection, found: Sequence[Position], topic: str, by: str) -> Iterator[str]:
    """Accept the log of a topic as it is now. A line for each thing that was decided; none where nothing is the matter.

    A recreated topic is read from its beginning. One that lost its tail continues at its end.
    """
    ours = [each for each in found if each.topic == topic]
    if not ours:
        raise UsageFault(f"there is no topic {topic}, and none was read", "`scrobbles offsets show` lists what was")
    recreated = [each for each in ours if each.state == "recreated"]
    if recreated:
        told = f"{topic}: {len(recreated)} partitions of the recreated topic are read from their beginning"
        columns = (
            [each.topic_id for each in recreated],
            [topic] * len(recreated),
            [each.partition for each in recreated],
        )
        with connection.transaction():
            connection.execute(sql.read("adopt_partitions"), (*columns, [each.low for each in recreated]))
            connection.execute(sql.read("insert_decision"), (by, "adopt", told))
        yield told
    for each in ours:
        if each.state == "cut" and each.high is not None:
            told = f"{topic}[{each.partition}] continues at {each.high}, where its log ends, instead of {each.next}"
            _move(connection, each, each.high, by, "adopt", told)
            yield told


def _move(connection: psycopg.Connection, at: Position, to: int, by: str, verb: str, detail: str) -> None:
    values = {"topic_id": at.topic_id, "partition": at.partition, "from": at.next, "to": to}
    with connection.transaction():
        if connection.execute(sql.read("skip_offsets"), values).rowcount != 1:
            raise Fault(
                f"{at.topic}[{at.partition}] no longer stands at {at.next}: a worker has moved it", "look again"
            )
        connection.execute(sql.read("insert_decision"), (by, verb, detail))

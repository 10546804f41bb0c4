"""What an operator decides about offsets: forwards only, with open eyes, counted and on record."""

import signal
from typing import Any

import psycopg
import pytest
from confluent_kafka import Producer

from consumers.listens.ledger import plan_skip, positions, skip
from schemas.broker import admin, client_config
from schemas.errors import Fault
from schemas.settings import Settings
from schemas.topics import LANES, PARTITIONS, lane_topic
from tests.cli.commands import Commands, eventually
from tests.cli.groups import dealt_with, delete_beginning, partition_of, place_at, plays, publish, recreate
from tests.cli.here import Here
from tests.consumers.logs import new_source, problems, value


@pytest.fixture
def topic(cluster: Settings) -> str:
    return lane_topic(cluster.topic_prefix, "import").name


@pytest.fixture
def source(connection: psycopg.Connection) -> int:
    return new_source(connection)


def shown(here: Here) -> dict[tuple[str, int], dict[str, Any]]:
    done = here.run("offsets", "show", "--json")
    assert done.code == 0, done.errors
    return {(each["topic"], each["partition"]): each for each in done.answer["partitions"] if each["state"] != "former"}


def decisions(here: Here) -> list[tuple[str, str]]:
    return [(each["verb"], each["detail"]) for each in here.run("offsets", "show", "--json").answer["decisions"]]


def test_show_tells_how_far_each_partition_is_and_how_far_behind(
    here: Here, commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, topic: str
) -> None:
    publish(cluster, "import", source, plays(600))
    before = shown(here)
    assert len(before) == len(LANES) * PARTITIONS
    assert {each["state"] for each in before.values()} == {"unread"}
    assert sum(each["lag"] for each in before.values()) == 600
    worker = commands.worker()
    eventually(lambda: dealt_with(connection) == 600, worker)
    after = shown(here)
    assert {each["state"] for each in after.values()} == {"begun"}
    assert sum(each["lag"] for each in after.values()) == 0
    for place, each in after.items():
        assert (each["first"], each["low"], each["next"]) == (0, 0, each["high"])
        assert each["read"] == each["inserted"] == before[place]["lag"]
    told = here.run("offsets", "show")
    assert topic in told.output
    assert f"{PARTITIONS} partitions without messages are not shown" in told.errors
    assert len(here.run("offsets", "show", "--all").output.splitlines()) > 2 * PARTITIONS


def test_a_gap_is_passed_by_decision_only_and_counted(
    here: Here, commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, topic: str
) -> None:
    publish(cluster, "import", source, plays(2_000))
    cut = partition_of(cluster, "import", 5)
    place_at(connection, cut, 2)
    delete_beginning(cluster, cut, 9)
    worker = commands.worker()
    assert worker.ended() == 65
    assert f"scrobbles offsets skip {topic} 5 --to low" in worker.said
    assert shown(here)[topic, 5]["state"] == "gap"
    done = here.run("offsets", "skip", topic, "5", "--to", "low", "--json")
    assert (done.code, done.answer) == (
        0,
        {"topic": topic, "partition": 5, "from": 2, "to": 9, "skipped": 7, "readable": 0},
    )
    assert decisions(here) == [("skip", f"{topic}[5] from 2 to 9")]
    worker = commands.worker()
    eventually(lambda: sum(each["lag"] for each in shown(here).values()) == 0, worker)
    assert dealt_with(connection) == 2_000 - 9
    assert problems(connection) == []
    assert (shown(here)[topic, 5]["state"], shown(here)[topic, 5]["skipped"]) == ("begun", 7)


def test_all_gaps_are_passed_by_one_decision_for_each(
    here: Here, cluster: Settings, source: int, connection: psycopg.Connection, topic: str
) -> None:
    publish(cluster, "import", source, plays(2_000))
    for number, (at, low) in {2: (1, 5), 5: (2, 9), 7: (4, 4)}.items():
        cut = partition_of(cluster, "import", number)
        place_at(connection, cut, at)
        delete_beginning(cluster, cut, low)
    assert here.run("offsets", "skip", "--all-gaps", lane_topic(cluster.topic_prefix, "live").name).code == 0
    assert decisions(here) == []
    done = here.run("offsets", "skip", "--all-gaps", "--json")
    assert (done.code, done.answer) == (
        0,
        [
            {"topic": topic, "partition": 2, "from": 1, "to": 5, "skipped": 4},
            {"topic": topic, "partition": 5, "from": 2, "to": 9, "skipped": 7},
        ],
    )
    assert sorted(decisions(here)) == [("skip", f"{topic}[2] from 1 to 5"), ("skip", f"{topic}[5] from 2 to 9")]
    assert [shown(here)[topic, number]["state"] for number in (2, 5, 7)] == ["begun"] * 3
    assert "no partition has a gap" in here.run("offsets", "skip", "--all-gaps").errors


@pytest.mark.parametrize(
    "arguments",
    [[], ["TOPIC"], ["TOPIC", "3"], ["TOPIC", "3", "--to", "low", "--all-gaps"], ["--all-gaps", "--to", "low"]],
)
def test_a_skip_names_what_is_skipped_or_all_gaps(here: Here, arguments: list[str]) -> None:
    done = here.run("offsets", "skip", *arguments)
    assert (done.code, "--all-gaps" in done.errors) == (2, True)


def test_a_gap_inside_the_log_stops_the_worker_and_is_passed_by_decision(
    here: Here, commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, topic: str
) -> None:
    producer = Producer(client_config(cluster, transactional_id=cluster.group))
    producer.init_transactions(30)
    # Offsets 0 to 9 and 22 to 31; a record that ends a transaction takes one as well.
    for first, end in (
        (0, producer.commit_transaction),
        (10, producer.abort_transaction),
        (20, producer.commit_transaction),
    ):
        producer.begin_transaction()
        for listen in plays(10, first):
            producer.produce(topic, value(listen, source), partition=3)
        assert producer.flush(30) == 0
        end(30)
    worker = commands.worker()
    assert worker.ended() == 65
    assert dealt_with(connection) == 10
    assert f"{topic}[3]: there are no messages 10 to 21 in the log" in worker.said
    assert f"scrobbles offsets skip {topic} 3 --to 22" in worker.said
    assert "10 of the messages" in here.run("offsets", "skip", topic, "3", "--to", "32").errors
    done = here.run("offsets", "skip", topic, "3", "--to", "22", "--json")
    assert (done.code, done.answer["skipped"], done.answer["readable"]) == (0, 12, 0)
    worker = commands.worker()
    eventually(lambda: dealt_with(connection) == 20, worker)
    # Nothing but the end of the last transaction is left.
    done = here.run("offsets", "skip", topic, "3", "--to", "33", "--json")
    assert (done.code, done.answer["skipped"], done.answer["readable"]) == (0, 1, 0)
    publish(cluster, "import", source, plays(1_000, 30))
    eventually(lambda: dealt_with(connection) == 1_020, worker)
    assert connection.execute("select count(*) from listen").fetchone() == (1_020,)
    assert problems(connection) == []


def test_a_skip_goes_forwards_within_the_log_and_past_readable_messages_only_if_that_is_meant(
    here: Here, cluster: Settings, source: int, connection: psycopg.Connection, topic: str
) -> None:
    publish(cluster, "import", source, plays(2_000))
    place_at(connection, partition_of(cluster, "import", 3), 4)
    high = shown(here)[topic, 3]["high"]
    for arguments, reason in {
        ("3", "--to", "4"): "stands at 4 already",
        ("3", "--to", "1"): "would not move it forward",
        ("3", "--to", "low"): "would not move it forward",
        ("3", "--to", str(high + 1)): f"ends at {high}",
        ("3", "--to", "end"): "neither an offset nor `low`",
        ("7", "--to", "1"): "was never read",
        ("99", "--to", "1"): "was never read",
        ("3", "--to", "14"): "10 of the messages that this passes are there and could be read",
    }.items():
        done = here.run("offsets", "skip", topic, *arguments)
        assert (done.code, reason in done.errors) == (2, True), done.errors
    assert shown(here)[topic, 3]["next"] == 4
    assert here.run("offsets", "skip", topic, "3", "--to", "14", "--yes").code == 0
    assert (shown(here)[topic, 3]["next"], shown(here)[topic, 3]["skipped"]) == (14, 10)
    assert problems(connection) == []
    told = here.run("verify")
    assert (told.code, "10 offsets were skipped by decision" in told.output) == (0, True)
    assert "nothing lost" not in told.output
    assert here.run("verify", "--json").answer["skipped"] == 10


def test_a_skip_gives_way_to_a_worker_that_was_faster(
    cluster: Settings, source: int, connection: psycopg.Connection, topic: str
) -> None:
    publish(cluster, "import", source, plays(2_000))
    place_at(connection, partition_of(cluster, "import", 3), 4)
    plan = plan_skip(positions(connection, admin(cluster), [topic]), topic, 3, 14)
    connection.execute("update consumer_offset set next_offset = 5, read = 1")
    with pytest.raises(Fault, match=r"no longer stands at 4: a worker has moved it"):
        skip(connection, plan, "me")
    assert connection.execute("select next_offset, skipped from consumer_offset").fetchall() == [(5, 0)]
    assert connection.execute("select count(*) from operator_decision").fetchone() == (0,)


def test_a_worker_at_work_follows_a_skip(
    here: Here, commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, topic: str
) -> None:
    worker = commands.worker()
    placed = "select count(*) from consumer_offset"
    eventually(lambda: connection.execute(placed).fetchone() == (2 * PARTITIONS,), worker)
    worker.send(signal.SIGSTOP)
    publish(cluster, "import", source, plays(500))
    assert here.run("offsets", "skip", topic, "3", "--to", "7", "--yes").code == 0
    worker.send(signal.SIGCONT)
    eventually(lambda: sum(each["lag"] for each in shown(here).values()) == 0, worker)
    assert dealt_with(connection) == 500 - 7
    assert problems(connection) == []


def test_a_topic_recreated_is_adopted_and_read_from_its_beginning(
    here: Here, commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, topic: str
) -> None:
    worker = commands.worker()
    publish(cluster, "import", source, plays(300))
    eventually(lambda: dealt_with(connection) == 300, worker)
    recreate(cluster, "import")
    publish(cluster, "import", source, plays(300, 200))
    assert worker.ended() == 65
    assert {each["state"] for (name, _), each in shown(here).items() if name == topic} == {"recreated"}
    assert "recreated: adopt" in here.run("offsets", "show").output
    done = here.run("offsets", "adopt", topic)
    assert done.code == 0
    assert f"{PARTITIONS} partitions of the recreated topic are read from their beginning" in done.errors
    assert "nothing to adopt" in here.run("offsets", "adopt", topic).errors
    assert [verb for verb, _ in decisions(here)] == ["adopt"]
    heir = commands.worker()
    eventually(lambda: sum(each["lag"] for each in shown(here).values()) == 0, heir)
    # 100 of the new ones were stored from the old topic already.
    assert connection.execute("select count(*) from listen").fetchone() == (500,)
    assert problems(connection) == []
    former = [e for e in here.run("offsets", "show", "--json").answer["partitions"] if e["state"] == "former"]
    assert sum(each["read"] for each in former) >= 300


def test_a_log_that_lost_its_tail_is_adopted_and_read_on_at_its_end(
    here: Here, commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, topic: str
) -> None:
    publish(cluster, "import", source, plays(500))
    place_at(connection, partition_of(cluster, "import", 3), 9_999)
    worker = commands.worker()
    assert worker.ended() == 65
    assert f"scrobbles offsets adopt {topic}" in worker.said
    high = shown(here)[topic, 3]["high"]
    assert shown(here)[topic, 3]["state"] == "cut"
    done = here.run("offsets", "adopt", topic, "--json")
    assert done.answer["adopted"] == [f"{topic}[3] continues at {high}, where its log ends, instead of 9999"]
    assert (shown(here)[topic, 3]["next"], shown(here)[topic, 3]["skipped"]) == (high, high - 9_999)
    publish(cluster, "import", source, plays(500, 500))
    worker = commands.worker()
    eventually(lambda: sum(each["lag"] for each in shown(here).values()) == 0, worker)
    assert dealt_with(connection) == 1_000 - high
    assert problems(connection) == []


@pytest.mark.usefixtures("cluster")
def test_what_does_not_exist_is_not_adopted(here: Here, topic: str) -> None:
    assert here.run("offsets", "adopt", "no-such-topic").code == 2
    assert "nothing to adopt" in here.run("offsets", "adopt", topic).errors

"""Workers that are killed, frozen, late, thawed, too many or too few: faults 1 to 13.

A worker of another group has all partitions at once, and the offsets of Postgres are the same for all: so a successor
need not wait for the session of the dead one, and two groups that run at the same time fence each other all the time.
"""

import random
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest
from confluent_kafka import TopicPartition

from bench.witness import read_twice
from consumers.listens.taking import Limits
from schemas.broker import admin
from schemas.settings import Settings
from schemas.topics import LANES, PARTITIONS, lane_topic
from tests.cli.commands import Commands, Worker, eventually
from tests.cli.groups import (
    be_impatient,
    blocked,
    commit_to_kafka,
    dealt_with,
    end_sessions,
    held,
    plays,
    publish,
    shares,
)
from tests.faults.guards import ROOT
from tests.faults.invariants import require_exact

FENCED = "another worker owns a partition of this batch"
# It waits as the client does: in C, with Python's lock in hand.
STUCK = """
import ctypes
from consumers.listens.start import leave

class Stuck:
    def close(self):
        ctypes.PyDLL(None).sleep(20)

leave(Stuck(), 0.1)
"""


def at(commands: Commands, failpoint: str, group: str, **variables: str) -> Worker:
    """A worker of a group of its own that fails at a named place."""
    return commands.worker(SCROBBLES_FAILPOINT=failpoint, SCROBBLES_GROUP=group, **variables)


def is_frozen(worker: Worker) -> bool:
    return psutil.Process(worker.pid).status() == psutil.STATUS_STOPPED


def ended_by(worker: Worker, number: signal.Signals) -> bool:
    worker.send(number)
    with suppress(subprocess.TimeoutExpired):
        worker.process.wait(0.3)
    return worker.process.poll() is not None


def wrong_positions(settings: Settings, offset: int) -> list[TopicPartition]:
    topics = [lane_topic(settings.topic_prefix, lane).name for lane in LANES]
    return [TopicPartition(topic, number, offset) for topic in topics for number in range(PARTITIONS)]


@pytest.mark.parametrize(
    "places", [("taken", "copying", "copied", "moved"), ("committing", "committed", "telling")], ids="-".join
)
def test_a_worker_killed_at_any_place_of_a_batch_loses_and_doubles_nothing(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, places: tuple[str, ...]
) -> None:
    each = 2_000
    for number, place in enumerate(places):
        publish(cluster, "import", source, plays(each, number * each))
        victim = at(commands, f"{place}:kill", place)
        assert victim.ended() == -signal.SIGKILL
        assert f"fail-point {place} reached: kill" in victim.said
    heir = commands.worker()
    require_exact(cluster, connection, plays(len(places) * each), heir)


def test_what_a_killed_worker_had_stored_is_not_read_again_and_what_it_had_in_hand_is_one_batch(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, tmp_path: Path
) -> None:
    publish(cluster, "import", source, plays(40_000))
    notes = tmp_path / "notes"
    program = "bench.witness", str(notes)
    found = {"PYTHONPATH": str(ROOT)}
    victim = commands.worker(
        program=program, SCROBBLES_FAILPOINT="committing:kill:2", SCROBBLES_GROUP="victim", **found
    )
    assert victim.ended() == -signal.SIGKILL
    heir = commands.worker(program=program, **found)
    require_exact(cluster, connection, plays(40_000), heir)
    assert 0 < sum(read_twice(notes).values()) <= Limits().rows


def test_workers_killed_at_random_again_and_again_lose_and_double_nothing(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    seed = random.randrange(10**6)  # noqa: S311
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    chance = random.Random(seed)  # noqa: S311
    rounds, each = 8, 6_000
    for number in range(rounds):
        publish(cluster, "import", source, plays(each, number * each))
        victims = [commands.worker(SCROBBLES_GROUP=f"victims-{number}-{which}") for which in range(2)]
        wanted = dealt_with(connection) + chance.randrange(1, each // 2)
        eventually(lambda wanted=wanted: dealt_with(connection) >= wanted, *victims)  # type: ignore[misc]
        for victim in victims:
            victim.send(signal.SIGKILL)
            assert victim.ended() == -signal.SIGKILL
    heir = commands.worker()
    require_exact(cluster, connection, plays(rounds * each), heir)


def test_workers_frozen_before_they_store_find_themselves_fenced_when_they_thaw(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    publish(cluster, "import", source, plays(6_000))
    frozen = [at(commands, f"{place}:stop", place) for place in ("taken", "copying", "copied")]
    eventually(lambda: all(map(is_frozen, frozen)), *frozen)
    owner = commands.worker()
    # One of them is frozen inside COPY, which nothing but the end of its session frees: it must hold no lock.
    eventually(lambda: dealt_with(connection) == 6_000, owner, seconds=9)
    for worker in frozen:
        worker.send(signal.SIGCONT)
    for worker in frozen:
        eventually(lambda worker=worker: FENCED in worker.said, *frozen)  # type: ignore[misc]
    publish(cluster, "import", source, plays(1_000, 6_000))
    require_exact(cluster, connection, plays(7_000), owner, *frozen)


def test_a_worker_frozen_with_locks_in_hand_is_freed_of_them_by_the_database(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    publish(cluster, "import", source, plays(2_000))
    frozen = at(commands, "moved:stop", "frozen")
    eventually(lambda: is_frozen(frozen), frozen)
    owner = commands.worker()
    eventually(lambda: blocked(connection), owner)
    require_exact(cluster, connection, plays(2_000), owner)
    frozen.send(signal.SIGCONT)
    publish(cluster, "import", source, plays(1_000, 2_000))
    require_exact(cluster, connection, plays(3_000), owner, frozen)
    assert "waiting" in frozen.said


def test_all_workers_killed_at_once_and_started_again_go_on(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    be_impatient(cluster)
    crew = [commands.worker() for _ in range(3)]
    publish(cluster, "import", source, plays(30_000))
    eventually(lambda: dealt_with(connection) > 0, *crew)
    for worker in crew:
        worker.send(signal.SIGKILL)
    assert [worker.ended() for worker in crew] == [-signal.SIGKILL] * 3
    publish(cluster, "live", source, plays(1_000, 30_000))
    again = [commands.worker() for _ in range(3)]
    require_exact(cluster, connection, plays(31_000), *again)


def test_workers_come_and_go_while_plays_come_in(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    client = admin(cluster)
    ended = threading.Event()
    sent = 0

    def load() -> None:
        nonlocal sent
        while not ended.is_set():
            publish(cluster, "live", source, plays(500, sent))
            sent += 500

    sender = threading.Thread(target=load)
    sender.start()
    try:
        crew: list[Worker] = []
        for wanted in (1, 4, 2, 6):
            crew += [commands.worker() for _ in range(wanted - len(crew))]
            for leaver in crew[wanted:]:
                leaver.send(signal.SIGTERM)
                assert leaver.ended() == 0
            crew = crew[:wanted]
            even = [2 * PARTITIONS // wanted] * wanted
            eventually(lambda even=even: shares(client, cluster.group) == even, *crew)  # type: ignore[misc]
    finally:
        ended.set()
        sender.join()
    require_exact(cluster, connection, plays(sent), *crew)


def test_a_second_signal_ends_a_worker_at_once_and_the_first_one_in_good_order(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    hasty, patient = (commands.worker(SCROBBLES_GROUP=name) for name in ("hasty", "patient"))
    publish(cluster, "import", source, plays(500))
    eventually(lambda: dealt_with(connection) == 500, hasty, patient)
    with held(connection, "lock table listen in exclusive mode"):
        publish(cluster, "import", source, plays(500, 500))
        eventually(lambda: blocked(connection), hasty, patient)
        # Signals in one instant are one, and libpq looks for them ten times a second: it is asked until it has noticed.
        eventually(lambda: ended_by(hasty, signal.SIGTERM))
        assert hasty.ended() == -signal.SIGTERM
        patient.send(signal.SIGINT)
    assert patient.ended() == 0
    heir = commands.worker()
    require_exact(cluster, connection, plays(1_000), heir)


def test_a_worker_whose_client_never_ends_is_ended() -> None:
    ended = subprocess.run([sys.executable, "-c", STUCK], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGALRM


def test_a_worker_that_was_late_to_poll_joins_again(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    publish(cluster, "import", source, plays(500))
    late = commands.worker(
        SCROBBLES_FAILPOINT="taken:sleep", SCROBBLES_KAFKA__MAX_POLL_INTERVAL_MS="1500", SCROBBLES_LOG="debug"
    )
    eventually(lambda: "maximum poll interval (1500ms) exceeded" in late.said, late)
    eventually(lambda: shares(admin(cluster), cluster.group) == [2 * PARTITIONS], late)
    publish(cluster, "import", source, plays(500, 500))
    require_exact(cluster, connection, plays(1_000), late)


def test_partitions_that_arrive_while_the_database_is_away_wait_for_it(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, servers: tuple[str, str]
) -> None:
    client = admin(cluster)
    # Who does not poll for a second and a half would lose its place.
    watched = {"SCROBBLES_KAFKA__MAX_POLL_INTERVAL_MS": "1500", "SCROBBLES_LOG": "debug"}
    first, second = commands.worker(**watched), commands.worker(**watched)
    eventually(lambda: shares(client, cluster.group) == [PARTITIONS, PARTITIONS], first, second)
    (name,) = connection.execute("select current_database()").fetchone() or ("",)
    with psycopg.connect(servers[1], autocommit=True) as operator:
        operator.execute(f'alter database "{name}" allow_connections false'.encode())
        assert end_sessions(connection) == 2
        publish(cluster, "import", source, plays(2_000))
        eventually(lambda: min(worker.said.count("waiting") for worker in (first, second)) >= 6, first, second)
        first.send(signal.SIGTERM)
        assert first.ended() == 0
        eventually(lambda: shares(client, cluster.group) == [2 * PARTITIONS], second)
        operator.execute(f'alter database "{name}" allow_connections true'.encode())
    require_exact(cluster, connection, plays(2_000), second)
    assert "maximum poll interval" not in first.said + second.said


def test_without_a_database_a_worker_does_not_start(commands: Commands, cluster: Settings) -> None:
    worker = commands.worker(SCROBBLES_DATABASE_URL="postgresql://127.0.0.1:1/nothing")
    assert worker.ended() == 69
    assert "the database at 127.0.0.1:1/nothing does not answer" in worker.said
    assert not any(shares(admin(cluster), cluster.group))


def test_a_callback_that_fails_ends_the_worker_and_never_falls_back_on_the_offset_of_kafka(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    publish(cluster, "import", source, plays(2_000))
    commit_to_kafka(cluster, wrong_positions(cluster, 40))
    broken = commands.worker(SCROBBLES_FAILPOINT="assigned:raise")
    assert broken.ended() == 70
    assert "the partitions of a rebalance could not be taken" in broken.said
    assert dealt_with(connection) == 0
    heir = commands.worker()
    require_exact(cluster, connection, plays(2_000), heir)

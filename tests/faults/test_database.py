"""A Postgres that dies, freezes, is out of reach, full, locked or refuses: faults 14 to 21, 23 to 27, 56 and 58.

None of them may make a dead letter: the fault is never the play's.
"""

import re
import resource
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
from psycopg.types.json import Jsonb

from deploy.local.account import service_account
from producers.jobs.database import Database
from producers.jobs.job import Job
from producers.jobs.progress import Step
from schemas.broker import admin
from schemas.listen import Listen
from schemas.settings import Settings
from schemas.topics import PARTITIONS
from tests.cli.commands import Commands, Worker, eventually
from tests.cli.groups import (
    be_impatient,
    blocked,
    dealt_with,
    end_sessions,
    held,
    partition_of,
    plays,
    publish,
    shares,
)
from tests.consumers.logs import ledger
from tests.faults.invariants import require_exact
from tests.faults.relay import Relay
from tests.faults.spare import Spare, is_root

SOURCE = 1


@pytest.fixture
def relay(database: str) -> Iterator[Relay]:
    with Relay(urlsplit(database).port or 0) as opened:
        yield opened


def through(relay: Relay, url: str, parameters: str = "") -> str:
    return re.sub(r":\d+/", f":{relay.port}/", url) + parameters


def later(listens: list[Listen]) -> list[Listen]:
    """The same tracks at other times: nothing about them is new to a worker but the plays."""
    return [Listen(listen.listened_at + 50_000_000, listen.track, listen.played_ms) for listen in listens]


def count_waits(worker: Worker) -> int:
    return worker.said.count("waiting")


def settled(worker: Worker, settings: Settings) -> None:
    eventually(lambda: shares(admin(settings), settings.group) == [2 * PARTITIONS], worker)


# --- it dies, freezes, forgets ----------------------------------------------------------------------------------------


def test_a_database_killed_in_the_middle_of_work_costs_nothing(
    spare: Spare, spared: Settings, spare_commands: Commands
) -> None:
    # Of the two one may have nothing left to do: what it stored last may be lost with the database all the same.
    workers = [spare_commands.worker(), spare_commands.worker()]
    for round_ in range(3):
        before = round_ * 8_000
        publish(spared, "import", SOURCE, plays(8_000, before))
        with psycopg.connect(spared.database_url or "", autocommit=True) as connection:
            eventually(lambda c=connection, b=before: dealt_with(c) > b, *workers)  # type: ignore[misc]
        waits = [count_waits(worker) for worker in workers]
        spare.kill("postgres")
        eventually(lambda w=waits: all(count_waits(worker) > w[i] for i, worker in enumerate(workers)), *workers)  # type: ignore[misc]
        spare.start()
    with psycopg.connect(spared.database_url or "", autocommit=True) as connection:
        require_exact(spared, connection, plays(24_000), *workers)


def test_a_database_frozen_for_longer_than_a_session_costs_no_place_in_the_group(
    spare: Spare, spared: Settings, spare_commands: Commands
) -> None:
    be_impatient(spared)
    worker = spare_commands.worker()
    settled(worker, spared)
    with psycopg.connect(spared.database_url or "", autocommit=True) as connection:
        with spare.frozen("postgres"):
            publish(spared, "import", SOURCE, plays(1_000))
            used = psutil.Process(worker.pid).cpu_times().user
            # Longer than the 3 seconds after which the broker misses a silent worker.
            with pytest.raises(subprocess.TimeoutExpired):
                worker.process.wait(4)
            assert shares(admin(spared), spared.group) == [2 * PARTITIONS]
            assert psutil.Process(worker.pid).cpu_times().user - used < 2
        require_exact(spared, connection, plays(1_000), worker)


def test_a_database_that_comes_back_from_an_older_backup_is_brought_up_to_date(
    spare: Spare, spared: Settings, spare_commands: Commands
) -> None:
    worker = spare_commands.worker()
    publish(spared, "import", SOURCE, plays(1_000))
    url, folder = spared.database_url or "", (spare.data / "servers").resolve() / "postgres"
    backup = folder.with_name("older")
    with psycopg.connect(url, autocommit=True) as connection:
        eventually(lambda: dealt_with(connection) == 1_000, worker)
    spare.kill("postgres")
    subprocess.run(["cp", "-a", folder, backup], check=True)
    spare.start()
    publish(spared, "import", SOURCE, plays(1_000, 1_000))
    with psycopg.connect(url, autocommit=True) as connection:
        eventually(lambda: dealt_with(connection) == 2_000, worker)
    spare.kill("postgres")
    shutil.rmtree(folder)
    backup.rename(folder)
    spare.start()
    # Nothing follows: the worker, which has nothing to do, must find out by itself. It remembers tracks that the
    # database has forgotten.
    with psycopg.connect(url, autocommit=True) as connection:
        require_exact(spared, connection, plays(2_000), worker)


# --- the way to it ----------------------------------------------------------------------------------------------------


def test_a_commit_whose_answer_is_lost_is_not_carried_out_twice(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, relay: Relay, database: str
) -> None:
    worker = commands.worker(SCROBBLES_DATABASE_URL=through(relay, database))
    publish(cluster, "import", source, plays(500))
    eventually(lambda: dealt_with(connection) == 500, worker)
    relay.cut_after_commit()
    publish(cluster, "import", source, later(plays(500)))
    require_exact(cluster, connection, plays(500) + later(plays(500)), worker)
    assert relay.swallowed == 1
    assert count_waits(worker) > 0


def test_a_job_whose_beginning_was_not_confirmed_is_on_record_once(
    connection: psycopg.Connection, relay: Relay, database: str
) -> None:
    steps: list[Step] = []
    jobs = Database(through(relay, database), steps.append)
    relay.cut_after_commit()
    described = {"label": "a test", "format": "maloja", "file_name": "x.json", "path": "/x.json", "sha256": b"\0"}
    job = Job.begin(jobs, "anna", {**described, "options": Jsonb({}), "members": Jsonb([])})
    jobs.close()
    assert relay.swallowed == 1
    assert any(step.trouble for step in steps)
    on_record = "select source.id, name from source join app_user on app_user.id = user_id"
    assert connection.execute(on_record).fetchall() == [(job.id, "anna")]


def test_a_connection_cut_again_and_again_delays_plays_but_loses_none(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, relay: Relay, database: str
) -> None:
    worker = commands.worker(SCROBBLES_DATABASE_URL=through(relay, database))
    settled(worker, cluster)
    for round_ in range(4):
        publish(cluster, "import", source, plays(1_000, round_ * 1_000))
        waits = count_waits(worker)
        relay.cut()
        eventually(lambda waits=waits: count_waits(worker) > waits, worker)  # type: ignore[misc]
        relay.mend()
    relay.delay(0.05)
    require_exact(cluster, connection, plays(4_000), worker)


def test_a_way_that_swallows_everything_is_given_up(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, relay: Relay, database: str
) -> None:
    # The default is 20 seconds; an address may ask for less.
    worker = commands.worker(SCROBBLES_DATABASE_URL=through(relay, database, "?tcp_user_timeout=2000"))
    settled(worker, cluster)
    # In the middle of a COPY: what was sent is never acknowledged.
    relay.black_hole(after=100_000)
    publish(cluster, "import", source, plays(60_000))
    eventually(lambda: count_waits(worker) > 0, worker)
    relay.mend()
    require_exact(cluster, connection, plays(60_000), worker)


# --- others at work in it ---------------------------------------------------------------------------------------------


def test_a_table_that_somebody_else_has_locked_is_waited_for(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    worker = commands.worker()
    publish(cluster, "import", source, plays(500))
    eventually(lambda: dealt_with(connection) == 500, worker)
    with held(connection, "lock table artist in exclusive mode"):
        publish(cluster, "import", source, [*plays(500, 500), Listen(1_600_000_000, plays(1)[0].track)])
        eventually(lambda: blocked(connection), worker)
        publish(cluster, "import", source, [new_artist()])
        eventually(lambda: "lock timeout" in worker.said, worker)
    sent = [*plays(1_000), Listen(1_600_000_000, plays(1)[0].track), new_artist()]
    require_exact(cluster, connection, sent, worker)


def new_artist() -> Listen:
    (play,) = plays(1)
    return Listen(1_600_000_001, type(play.track)(("Somebody nobody knows yet",), "Song"))


def test_a_deadlock_is_tried_again(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, database: str
) -> None:
    # Whoever waits for deadlock_timeout looks for a circle and is its victim: let that be the worker.
    name = urlsplit(database).path[1:]
    connection.execute(f"alter database \"{name}\" set deadlock_timeout = '1500ms'".encode())
    worker = commands.worker()
    publish(cluster, "import", source, plays(500))
    eventually(lambda: dealt_with(connection) == 500, worker)
    row = "select 1 from consumer_offset where topic_id = '{}' and partition = {} for update"
    first, last = (partition_of(cluster, "import", number) for number in (0, PARTITIONS - 1))
    with psycopg.connect(database) as rival:
        rival.execute("set deadlock_timeout = '60s'")
        rival.execute(row.format(last.topic_id, last.number).encode())
        publish(cluster, "import", source, plays(500, 500))
        eventually(lambda: blocked(connection), worker)
        rival.execute(row.format(first.topic_id, first.number).encode())
        rival.rollback()
    require_exact(cluster, connection, plays(1_000), worker)
    assert "deadlock detected" in worker.said


# --- it refuses -------------------------------------------------------------------------------------------------------


class Role:
    """A role that may do what a worker must, and no more."""

    def __init__(self, connection: psycopg.Connection, database: str) -> None:
        self.name, self.password = f"test_{secrets.token_hex(6)}", secrets.token_hex(12)
        self._connection = connection
        parts = urlsplit(database)
        self.url = parts._replace(netloc=f"{self.name}:{self.password}@{parts.hostname}:{parts.port}").geturl()
        self.order(f"create role {self.name} login password '{self.password}'")
        self.order(f"grant select, insert, update on all tables in schema public to {self.name}")
        self.order(f"grant usage on all sequences in schema public to {self.name}")

    def order(self, statement: str) -> None:
        self._connection.execute(statement.encode())


@pytest.fixture
def role(connection: psycopg.Connection, database: str) -> Iterator[Role]:
    made = Role(connection, database)
    yield made
    end_sessions(connection)
    made.order(f"drop owned by {made.name}")
    made.order(f"drop role {made.name}")


@pytest.fixture
def humble(commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection, role: Role) -> Worker:
    """A worker with that role that has stored 500 plays."""
    worker = commands.worker(SCROBBLES_DATABASE_URL=role.url)
    publish(cluster, "import", source, plays(500))
    eventually(lambda: dealt_with(connection) == 500, worker)
    return worker


def test_a_right_that_is_taken_away_stops_the_worker(
    cluster: Settings, source: int, connection: psycopg.Connection, role: Role, humble: Worker, commands: Commands
) -> None:
    role.order(f"revoke insert on listen from {role.name}")
    publish(cluster, "import", source, plays(500, 500))
    assert humble.ended() == 77
    assert "permission denied for table listen" in humble.said
    assert ledger(connection)[3] == 0
    role.order(f"grant insert on listen to {role.name}")
    heir = commands.worker(SCROBBLES_DATABASE_URL=role.url)
    require_exact(cluster, connection, plays(1_000), heir)


def test_a_password_that_was_changed_stops_the_worker_and_is_not_told_to_the_log(
    connection: psycopg.Connection, role: Role, humble: Worker
) -> None:
    role.order(f"alter role {role.name} password 'another-secret'")
    assert end_sessions(connection) == 1
    # It has nothing to store, and hears of it all the same.
    assert humble.ended() == 77
    assert "password authentication failed" in humble.said
    assert role.password not in humble.said
    assert ledger(connection) == (500, 500, 0, 0, 500)


def test_a_database_without_a_free_connection_is_waited_for(
    cluster: Settings, source: int, connection: psycopg.Connection, role: Role, humble: Worker
) -> None:
    role.order(f"alter role {role.name} connection limit 0")
    assert end_sessions(connection) == 1
    publish(cluster, "import", source, plays(500, 500))
    eventually(lambda: "too many connections" in humble.said, humble)
    role.order(f"alter role {role.name} connection limit -1")
    require_exact(cluster, connection, plays(1_000), humble)


def test_a_worker_that_may_open_no_more_files_waits_and_goes_on(
    cluster: Settings, source: int, connection: psycopg.Connection, humble: Worker
) -> None:
    soft, hard = resource.prlimit(humble.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(humble.pid, resource.RLIMIT_NOFILE, (3, hard))
    assert end_sessions(connection) == 1
    publish(cluster, "import", source, plays(500, 500))
    eventually(lambda: count_waits(humble) > 2, humble)
    resource.prlimit(humble.pid, resource.RLIMIT_NOFILE, (soft, hard))
    require_exact(cluster, connection, plays(1_000), humble)


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("drop table _yoyo_migration cascade", "scrobbles migrate"),
        (
            "insert into _yoyo_migration (migration_hash, migration_id) values ('x', '9999_from_the_future')",
            "9999_from",
        ),
    ],
    ids=["missing", "newer"],
)
def test_a_schema_of_another_version_stops_the_worker_at_its_start(
    commands: Commands, connection: psycopg.Connection, damage: str, said: str
) -> None:
    connection.execute(damage.encode())
    worker = commands.worker(SCROBBLES_LOG="debug", SCROBBLES_KAFKA__DEBUG="cgrp")
    assert worker.ended() == 78
    assert said in worker.said
    # It has not taken partitions from those that can store: it has not asked for any.
    assert "CGRPSTATE" in worker.said
    assert "subscribe to" not in worker.said


def test_a_schema_that_lost_a_column_stops_the_worker_and_makes_no_dead_letters(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    connection.execute("alter table listen drop column played_ms cascade")
    publish(cluster, "import", source, plays(10))
    worker = commands.worker()
    assert worker.ended() == 78
    assert "played_ms" in worker.said
    assert dealt_with(connection) == 0


# --- it is full -------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 10 MB that Postgres may use."""
    folder = Path(f"/tmp/scrobbles-small-{secrets.token_hex(4)}")  # noqa: S108 - Postgres must be able to enter it
    folder.mkdir()
    account = service_account()
    owned = f",uid={account.uid},gid={account.gid}" if account else ""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=10m,mode=700{owned}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()


def fill_its_disk(spared: Settings, spare_commands: Commands, small_disk: Path) -> None:
    listens = plays(100_000)
    with psycopg.connect(spared.database_url or "", autocommit=True) as connection:
        connection.execute(f"create tablespace small location '{small_disk}'".encode())
        try:
            connection.execute("alter table listen set tablespace small")
            connection.execute("alter index listen_pkey set tablespace small")
            worker = spare_commands.worker()
            publish(spared, "import", SOURCE, listens)
            eventually(lambda: "No space left on device" in worker.said, worker)
            assert "the disk of the database at 127.0.0.1" in worker.said
            assert 0 < dealt_with(connection) < len(listens)
            subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
            require_exact(spared, connection, listens, worker)
        finally:
            end_sessions(connection)
            connection.execute("drop table listen cascade")
            connection.execute("drop tablespace small")


# Only root may mount a disk that is too small.
if is_root():

    def test_a_full_disk_is_waited_for(spared: Settings, spare_commands: Commands, small_disk: Path) -> None:
        fill_its_disk(spared, spare_commands, small_disk)

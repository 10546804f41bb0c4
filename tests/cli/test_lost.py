"""Messages of an import that Kafka lost, or an operator passed, before they were stored: nobody calls that done."""

import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from schemas.settings import Settings
from schemas.topics import lane_topic
from tests.cli.commands import SECONDS, Commands, Worker, environment_of, eventually
from tests.cli.groups import recreate
from tests.cli.here import Here
from tests.cli.malojas import row, write
from tests.consumers.logs import problems


@pytest.fixture
def path(tmp_path: Path) -> str:
    return write(tmp_path, "x.json", *(row(second) for second in range(500)))


def test_an_import_of_which_kafka_lost_everything_is_a_failure_and_the_same_command_reads_it_anew(
    commands: Commands, cluster: Settings, connection: psycopg.Connection, path: str
) -> None:
    assert commands.run("import", path, "--no-wait").code == 0
    recreate(cluster, "import")
    lost = commands.run("import", path, "--json")
    assert lost.code == 65
    assert "500 plays of job 1 were never stored, and Kafka does not hold them any more" in lost.errors
    assert "what came before it is stored" not in lost.errors
    assert (lost.answer["state"], lost.answer["accepted"], lost.answer["inserted"]) == ("failed", 500, 0)
    shown = commands.run("jobs", "show", "1").output
    assert ["not", "stored", "500"] in [line.split() for line in shown.splitlines()]
    worker = commands.worker()
    again = commands.run("import", path, "--json")
    assert (again.code, again.answer["job"], again.answer["inserted"]) == (0, 2, 500), again.errors
    assert problems(connection) == []
    worker.require_alive()


def test_an_import_whose_messages_an_operator_may_have_passed_is_read_from_its_beginning(
    commands: Commands, cluster: Settings, connection: psycopg.Connection, path: str, tmp_path: Path
) -> None:
    worker = commands.worker()
    assert commands.run("import", write(tmp_path, "before.json", row(1_000))).code == 0
    worker.send(signal.SIGTERM)
    assert worker.ended() == 0
    assert commands.run("import", path, "--no-wait").code == 0
    recreate(cluster, "import")
    assert commands.run("offsets", "adopt", lane_topic(cluster.topic_prefix, "import").name).code == 0
    heir = commands.worker()
    done = commands.run("jobs", "resume", "2", "--json")
    assert (done.code, done.answer["state"], done.answer["inserted"]) == (0, "done", 500), done.errors
    assert problems(connection) == []
    heir.require_alive()


def test_an_import_that_was_resumed_fails_where_an_operator_passes_messages_while_it_waits(
    commands: Commands, cluster: Settings, connection: psycopg.Connection, path: str, tmp_path: Path
) -> None:
    worker = commands.worker()
    assert commands.run("import", path).code == 0
    worker.send(signal.SIGTERM)
    assert worker.ended() == 0
    # As a kill in mid-import leaves it: all of it is sent once more.
    connection.execute("update source set state = 'reading', rows_read = 0, accepted = 0, position = '{}'")
    command = [sys.executable, "-m", "cli", "import", path]
    with subprocess.Popen(command, env=environment_of(cluster, tmp_path), stderr=subprocess.PIPE) as process:
        sent = "select state, accepted from source"
        eventually(lambda: connection.execute(sent).fetchone() == ("waiting", 500))
        ((number, end),) = connection.execute("select partition, next_offset from consumer_offset where read > 0")
        lane = lane_topic(cluster.topic_prefix, "import").name
        assert commands.run("offsets", "skip", lane, str(number), "--to", str(2 * end), "--yes").code == 0
        _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 65
    assert b"some plays, perhaps, of job 1 were never stored" in said
    heir = commands.worker()
    again = commands.run("import", path, "--json")
    assert (again.code, again.answer["job"], again.answer["duplicate"]) == (0, 2, 500), again.errors
    assert connection.execute("select count(*) from listen").fetchone() == (500,)
    assert problems(connection) == []
    heir.require_alive()


def test_verify_finds_a_job_that_is_called_done_and_is_not(
    here: Here, worker: Worker, connection: psycopg.Connection, path: str
) -> None:
    assert here.run("import", path).code == 0
    connection.execute("update source set accepted = accepted + 7")
    assert problems(connection) == ["job 1 is done: 507 plays were accepted, 500 dealt with"]
    worker.require_alive()


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("update source set accepted = 493", "job 1: 493 plays were accepted, 500 read"),
        (
            "update consumer_offset set inserted = inserted + 1000, duplicate = duplicate - 1000 where read > 0",
            "counts less than nothing",
        ),
        (
            "update source_count set inserted = inserted + 1000, duplicate = duplicate - 1000 where read > 0",
            "source 1 in partition",
        ),
    ],
)
def test_verify_finds_counts_that_cannot_be(
    here: Here, worker: Worker, connection: psycopg.Connection, path: str, harm: str, found: str
) -> None:
    assert here.run("import", path).code == 0
    assert here.run("verify").code == 0
    connection.execute(harm.encode())
    done = here.run("verify")
    assert (done.code, found in done.output) == (1, True), done.output
    worker.require_alive()


def test_verify_names_the_jobs_that_wait(here: Here, cluster: Settings, path: str) -> None:
    assert cluster
    assert here.run("import", path, "--no-wait").code == 0
    told = here.run("verify")
    assert (told.code, "job 1" in told.output, "500 of its plays are in Kafka and not stored yet" in told.output) == (
        0,
        True,
        True,
    )
    assert here.run("verify", "--json").answer["waiting_jobs"] == [1]

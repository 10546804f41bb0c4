"""`status` tells healthy from broken, each cause once with its remedy, and knows what it looks at."""

import signal
from pathlib import Path

import psycopg
import pytest

from schemas.settings import Settings
from schemas.topics import lane_topic
from tests.cli.commands import Commands, Worker, eventually
from tests.cli.groups import delete_beginning, partition_of, place_at, plays, publish, recreate
from tests.cli.here import Here
from tests.cli.malojas import row, write
from tests.consumers.logs import new_source


@pytest.fixture
def topic(cluster: Settings) -> str:
    return lane_topic(cluster.topic_prefix, "import").name


@pytest.fixture
def waiting(cluster: Settings, connection: psycopg.Connection) -> int:
    """Messages that are in Kafka and not read by anybody."""
    publish(cluster, "import", new_source(connection), plays(600))
    return 600


def is_read(here: Here) -> bool:
    return bool(here.run("status", "--json").answer["lag"] == {"live": 0, "import": 0})


def test_a_cluster_that_is_well_is_told_as_one(here: Here, worker: Worker) -> None:
    eventually(lambda: here.run("status", "--json").answer["workers_elsewhere"] == 1, worker)
    done = here.run("status")
    assert (done.code, done.errors) == (0, "")
    assert done.output.splitlines()[0] == "all is well"
    assert "no process of this machine" in done.output
    assert "1 elsewhere" in done.output
    assert "nothing runs here" not in done.output
    answer = here.run("status", "--json").answer
    assert (answer["ok"], answer["problems"], answer["waiting_jobs"]) == (True, [], [])


@pytest.mark.usefixtures("waiting")
def test_messages_that_wait_while_no_worker_runs_are_not_well(here: Here, commands: Commands) -> None:
    done = here.run("status")
    assert done.code == 1
    assert done.output.splitlines()[0] == "not well: 1 problem"
    assert "nothing runs here" not in done.output
    assert done.errors == (
        "scrobbles: 600 messages wait and no worker runs\n  `scrobbles consume` is one; start several\n"
    )
    told = here.run("status", "--json")
    (problem,) = told.answer["problems"]
    assert (told.code, told.answer["ok"], told.answer["lag"]) == (1, False, {"live": 0, "import": 600})
    assert problem["sentence"] == "600 messages wait and no worker runs"
    worker = commands.worker()
    eventually(lambda: is_read(here), worker)
    assert here.run("status").code == 0


@pytest.mark.usefixtures("waiting")
def test_a_gap_is_told_once_with_the_decision_that_passes_it(
    here: Here, commands: Commands, cluster: Settings, connection: psycopg.Connection
) -> None:
    cut = partition_of(cluster, "import", 5)
    place_at(connection, cut, 2)
    delete_beginning(cluster, cut, 9)
    with_worker = commands.worker()
    with_worker.ended()
    done = here.run("status")
    place = f"{cut.topic}[{cut.number}]"
    assert done.code == 1
    assert f"{place}: Kafka deleted messages 2 to 8 before they were read" in done.errors
    assert f"`scrobbles offsets skip {cut.topic} {cut.number} --to low`" in done.errors
    other = partition_of(cluster, "import", 6)
    connection.execute("delete from consumer_offset where partition = 6 and topic_id = %s", (other.topic_id,))
    place_at(connection, other, 1)
    delete_beginning(cluster, other, 3)
    done = here.run("status")
    assert "2 partitions are affected\n  `scrobbles offsets skip --all-gaps`" in done.errors
    assert here.run("offsets", "skip", "--all-gaps").code == 0
    assert "Kafka deleted" not in here.run("status").errors


@pytest.mark.usefixtures("waiting")
def test_recreated_topics_are_told_with_the_decision_that_accepts_them(
    here: Here, commands: Commands, cluster: Settings, topic: str
) -> None:
    worker = commands.worker()
    eventually(lambda: is_read(here), worker)
    worker.send(signal.SIGTERM)
    worker.ended()
    recreate(cluster, "import")
    done = here.run("status")
    assert done.code == 1
    assert f"deleted and recreated in Kafka: {topic}\n  `scrobbles offsets adopt {topic}`" in done.errors


def test_missing_topics_are_told(here: Here) -> None:
    done = here.run("status")
    assert done.code == 1
    assert "missing in Kafka: " in done.errors
    assert "`scrobbles topics ensure`" in done.errors


def test_a_job_that_waits_for_plays_that_never_come_is_not_well(
    here: Here, commands: Commands, connection: psycopg.Connection, tmp_path: Path, worker: Worker
) -> None:
    assert commands.run("import", write(tmp_path, "x.json", row(1), row(2))).code == 0
    assert here.run("status").code == 0
    # As if Kafka had lost three of its messages before they were read.
    connection.execute("update source set state = 'waiting', accepted = accepted + 3")
    done = here.run("status")
    assert done.code == 1
    assert "x.json) waits for 3 plays, but Kafka holds nothing that is not stored" in done.errors
    assert "`scrobbles jobs resume 1`" in done.errors
    assert here.run("status", "--json").answer["waiting_jobs"] == [1]
    worker.require_alive()


def test_a_server_that_is_gone_hides_nothing_and_is_named_once(here: Here) -> None:
    done = here.run("status", SCROBBLES_DATABASE_URL="postgresql://me:secret@127.0.0.1:1/music")
    assert done.code == 1
    assert done.output.splitlines()[0] == "not well: 1 problem"
    assert done.errors.count("127.0.0.1:1") == 1
    assert "secret" not in done.output + done.errors


def test_a_working_folder_that_was_deleted_hides_no_error(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KAFKA", "DATABASE_URL"):
        monkeypatch.delenv(f"SCROBBLES_{name}")
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    done = here.run("recent")
    assert (done.code, "no database: none is running here" in done.errors) == (69, True)

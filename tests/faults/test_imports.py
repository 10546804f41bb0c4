"""Imports whose servers die, or whose messages are refused: faults 28, 47 to 50, beside tests/cli/test_jobs.py."""

import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import psycopg
import pytest

from producers.publish import Publisher
from schemas.errors import Fault
from schemas.listen import Listen
from schemas.settings import Settings
from schemas.topics import PARTITIONS, lane_topic
from tests.cli.commands import SECONDS, Commands, environment_of, eventually
from tests.cli.groups import plays
from tests.faults.invariants import require_exact
from tests.faults.mock import PRODUCE, MockCluster
from tests.faults.spare import Name, Spare

MESSAGE_TOO_LARGE = 10


def write(folder: Path, listens: list[Listen]) -> str:
    path = folder / "plays.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(listen) + b"\n" for listen in listens))
    return str(path)


@pytest.mark.parametrize("server", ["kafka", "postgres"])
def test_an_import_outlives_a_server_that_is_killed_and_started_again(
    spare: Spare, spared: Settings, spare_commands: Commands, tmp_path: Path, server: Name
) -> None:
    worker = spare_commands.worker()
    listens = plays(50_000)
    command = [sys.executable, "-m", "cli", "import", write(tmp_path, listens), "--json"]
    read = "select coalesce(max(rows_read), 0) > 0 from source"
    with subprocess.Popen(
        command, env=environment_of(spared, tmp_path), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        with psycopg.connect(spared.database_url or "", autocommit=True) as connection:
            eventually(lambda: connection.execute(read).fetchone() == (True,), worker)
        spare.kill(server)
        assert process.poll() is None
        spare.start()
        answer, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    report = msgspec.json.decode(answer)
    assert (report["state"], report["accepted"], report["dead"]) == ("done", 50_000, 0)
    with psycopg.connect(spared.database_url or "", autocommit=True) as connection:
        require_exact(spared, connection, listens, worker, duplicate=report["duplicate"])


def test_an_import_that_waits_to_be_stored_tells_why_it_does_not_get_on(
    spare: Spare, spared: Settings, spare_commands: Commands, tmp_path: Path
) -> None:
    worker = spare_commands.worker()
    assert spare_commands.run("import", write(tmp_path, plays(1)), "--user", "x").code == 0
    worker.send(signal.SIGSTOP)
    said = tmp_path / "said"
    command = [sys.executable, "-m", "cli", "import", write(tmp_path, plays(100))]
    environment = environment_of(spared, tmp_path)
    with said.open("wb") as log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
        with psycopg.connect(spared.database_url or "", autocommit=True) as connection:
            sent = "select count(*) = 1 from source where state = 'waiting' and accepted = 100"
            eventually(lambda: connection.execute(sent).fetchone() == (True,))
        spare.kill("kafka")
        eventually(lambda: "nothing is being stored: Kafka" in said.read_text("utf-8"))
        worker.process.kill()
        eventually(lambda: "nothing is being stored, for no worker runs" in said.read_text("utf-8"))
        spare.start()
        heir = spare_commands.worker()
        assert process.wait(SECONDS) == 0, said.read_text("utf-8")
    heir.require_alive()


def send_in_many_requests(publisher: Publisher) -> None:
    for listen in plays(60):
        publisher.send(listen)
        publisher.flush(30)


def test_of_many_messages_one_that_is_refused_is_told_and_not_counted_as_acknowledged(settings: Settings) -> None:
    with MockCluster() as cluster:
        topic = lane_topic(settings.topic_prefix, "import").name
        cluster.make_topic(topic, PARTITIONS)
        cluster.answer_with(PRODUCE, [MESSAGE_TOO_LARGE])
        publisher = Publisher(msgspec.structs.replace(settings, kafka=cluster.address), topic, 1)
        with pytest.raises(Fault, match="too large"):
            send_in_many_requests(publisher)
        assert publisher.acknowledged < publisher.sent

"""One broker after another on the same data folder: the ledger knows topics that are no more."""

import json
import os
import shutil
import signal
from pathlib import Path

import psycopg

from deploy.local.places import open_places
from deploy.local.stack import processes_of, stop
from schemas.data_folder import STACK_FILE
from tests.local.observe import eventually, finish, pids, scrobbles

TOPICS = "scrobbles.import, scrobbles.live"
ADOPTED = f"the embedded broker kept nothing; its recreated topics are read from the beginning: {TOPICS}\n"


def up(data: Path, kind: str, **environment: str) -> str:
    """What it said."""
    code, _, errors = finish(scrobbles(data, "up", **environment))
    assert code == 0, errors
    assert next(process for process in processes_of(data) if process.name == "kafka").about.kind == kind
    return errors


def await_ledger(data: Path) -> None:
    """Workers note where they begin once they have partitions."""
    url = json.loads((data / STACK_FILE).read_bytes())["database_url"]
    topics = "select count(distinct topic) from consumer_offset"
    with psycopg.connect(url, autocommit=True) as connection:
        eventually(lambda: connection.execute(topics).fetchone() == (2,))


def imported(data: Path, tmp_path: Path) -> int:
    """The listens of an import that the workers have stored."""
    play = {"time": 1_700_000_000, "track": {"artists": ["A"], "title": "T", "album": None, "length": 100}}
    export = tmp_path / "maloja.json"
    export.write_text(json.dumps({"scrobbles": [play | {"origin": "test", "duration": 100}]}))
    code, output, errors = finish(scrobbles(data, "import", str(export), "--json", "--force"))
    assert code == 0, errors
    report = json.loads(output)
    return int(report["inserted"] + report["duplicate"])


def decisions(data: Path) -> list[str]:
    code, output, errors = finish(scrobbles(data, "offsets", "show", "--json"))
    assert code == 0, errors
    return [each["verb"] for each in json.loads(output)["decisions"]]


def embedded(data: Path, bare: Path) -> None:
    up(data, "embedded broker", PATH=str(bare), JAVA_HOME="")
    await_ledger(data)


def test_a_real_kafka_in_place_of_the_embedded_broker_is_read_by_new_workers(data: Path, tmp_path: Path) -> None:
    embedded(data, tmp_path)
    before = pids(data)
    os.kill(before["kafka"], signal.SIGKILL)
    eventually(lambda: "kafka" not in pids(data))
    assert ADOPTED in up(data, "Apache Kafka")
    assert not {before["consumer-1"], before["consumer-2"]} & {*pids(data).values()}
    assert imported(data, tmp_path) == 1
    assert finish(scrobbles(data, "status"))[0] == 0


def test_topics_that_the_embedded_broker_lost_are_adopted_and_those_of_a_real_kafka_are_left_to_a_person(
    data: Path, tmp_path: Path
) -> None:
    embedded(data, tmp_path)
    stop(data)
    assert ADOPTED in up(data, "Apache Kafka")
    await_ledger(data)
    assert decisions(data) == ["adopt", "adopt"]
    stop(data)
    shutil.rmtree(open_places(data).servers / "kafka")
    assert "recreated" not in up(data, "Apache Kafka")
    adopting = (
        "`scrobbles offsets adopt scrobbles.import`, `scrobbles offsets adopt scrobbles.live`, then `scrobbles up`"
    )

    def told_of_all() -> bool:
        code, _, errors = finish(scrobbles(data, "status"))
        return code == 1 and f"deleted and recreated in Kafka: {TOPICS}\n  {adopting}\n" in errors

    eventually(told_of_all)
    assert decisions(data) == ["adopt", "adopt"]

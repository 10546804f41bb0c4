"""What a worker logs: events of the closed list only, no secret and no name of a play, whatever happens to it."""

import ast
import json
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import psycopg
import pytest
from confluent_kafka import Producer

from deploy.local.last_words import last_words
from schemas import events, metrics
from schemas.broker import client_config
from schemas.errors import (
    AccessDenied,
    ConfigurationFault,
    DataFault,
    DependencyGone,
    Fault,
    OurFault,
    UsageFault,
)
from schemas.listen import Listen, Track
from schemas.settings import Settings
from schemas.topics import lane_topic
from tests.cli.commands import Commands, Worker, eventually
from tests.cli.groups import dealt_with, end_sessions, plays, publish
from tests.consumers.logs import value

ROOT = Path(__file__).parents[2]
CODE = [path for name in ("schemas", "sql", "consumers", "producers", "cli") for path in (ROOT / name).rglob("*.py")]
ENDINGS = set(get_args(events.Ending))
EVENTS = ENDINGS | {name for part in get_args(events.Event) for name in get_args(part)}
CANARY = "Canary-Secret-b9f1"
PLAY = "Canary-Play-77ab"
TALKATIVE = {"SCROBBLES_LOG": "debug", "SCROBBLES_LOG_FORMAT": "json"}


def logged(worker: Worker) -> list[dict[str, object]]:
    """The events, and proof that every line of ours is one."""
    return [json.loads(line) for line in worker.said.splitlines() if line.startswith("{")]


def calls(name: str) -> list[ast.Call]:
    trees = [ast.parse(path.read_text("utf-8")) for path in CODE]
    found = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in found if ast.unparse(call.func) == name]


def test_only_one_place_speaks_to_structlog_and_what_it_is_given_is_of_the_list() -> None:
    knowing = [path for path in CODE if "structlog" in path.read_text("utf-8")]
    assert [path.relative_to(ROOT).as_posix() for path in knowing] == ["cli/logs.py"]
    constants = [call.args[1].value for call in calls("log") if isinstance(call.args[1], ast.Constant)]
    assert constants
    assert set(constants) <= EVENTS


def test_every_event_is_logged_by_somebody() -> None:
    texts = {
        node.value
        for path in CODE
        if path.name != "events.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert texts >= EVENTS


@pytest.mark.parametrize(
    ("fault", "code"),
    {
        Fault: 1,
        UsageFault: 2,
        DataFault: 65,
        DependencyGone: 69,
        OurFault: 70,
        AccessDenied: 77,
        ConfigurationFault: 78,
    }.items(),
)
def test_every_fault_has_an_exit_code_and_an_event(fault: type[Fault], code: int) -> None:
    made = fault("x")
    assert made.exit_code == code
    assert made.event in ENDINGS


def test_every_metric_has_a_name_of_the_list_without_people_and_plays() -> None:
    names = {name: text for name, text in vars(metrics).items() if name.isupper()}
    assert all(text.startswith("scrobble_") for text in names.values())
    code = (ROOT / "consumers" / "listens" / "metrics.py").read_text("utf-8")
    assert "scrobble_" not in code
    assert all(f"metrics.{name}" in code for name in names)


def test_no_secret_and_no_play_is_logged_in_health_and_in_trouble(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    topic = lane_topic(cluster.topic_prefix, "import").name
    connection.execute("alter table listen add check (played_ms <> 4242)")
    secret = {"SCROBBLES_KAFKA__SASL_PASSWORD": CANARY, "SCROBBLES_KAFKA__SASL_USERNAME": "me"}
    worker = commands.worker(**TALKATIVE, **secret)
    canary = Listen(1_600_000_000, Track((PLAY,), PLAY, PLAY), 4_242)
    producer = Producer(client_config(cluster))
    for content in (f"no JSON {PLAY}".encode(), value(canary, source), value(canary, 77), value(canary, source, 9)):
        producer.produce(topic, content, PLAY.encode(), 0, headers={PLAY: PLAY})
    assert producer.flush(30) == 0
    publish(cluster, "import", source, plays(100))
    eventually(lambda: dealt_with(connection) == 104, worker)
    end_sessions(connection)
    publish(cluster, "import", source, [Listen(1_600_000_001, Track((PLAY,), PLAY))])
    eventually(lambda: dealt_with(connection) == 105, worker)
    connection.execute("drop table listen cascade")
    publish(cluster, "import", source, [Listen(1_600_000_002, Track((PLAY,), PLAY))])
    assert worker.ended() == 78
    assert cluster.database_url
    for hidden in (CANARY, PLAY, str(urlsplit(cluster.database_url).password)):
        assert hidden not in worker.said
    found = [str(entry["event"]) for entry in logged(worker)]
    assert set(found) <= EVENTS
    assert set(found) >= {"started", "stored", "waiting", "database_unusable"}
    assert [name for name in found if name in ENDINGS] == ["database_unusable"]
    assert logged(worker)[-1]["exit_code"] == 78


def test_a_bug_is_told_by_its_place_and_not_by_what_it_says(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    # The fail-point's error stands for any that nobody expected.
    publish(cluster, "import", source, [Listen(1_600_000_000, Track((PLAY,), PLAY))])
    worker = commands.worker(**TALKATIVE, SCROBBLES_FAILPOINT="copied:raise")
    assert worker.ended() == 70
    last = logged(worker)[-1]
    assert (last["event"], last["exit_code"]) == ("bug", 70)
    assert "FailpointError in " in str(last["reason"])
    assert "failpoints.py" in str(last["where"])
    assert dealt_with(connection) == 0


def test_a_bug_is_told_to_people_in_a_sentence_too(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    publish(cluster, "import", source, [Listen(1_600_000_000, Track((PLAY,), PLAY))])
    worker = commands.worker(SCROBBLES_FAILPOINT="copied:raise")
    assert worker.ended() == 70
    words = last_words(70, worker.said)
    assert (words.event, words.sentence.split(" in ")[0]) == ("bug", "FailpointError")
    assert "please report it" in words.hint
    assert PLAY not in worker.said
    assert dealt_with(connection) == 0


def test_a_worker_that_is_asked_to_stop_says_so_once(commands: Commands, cluster: Settings) -> None:
    assert cluster
    worker = commands.worker(SCROBBLES_LOG_FORMAT="json")
    eventually(lambda: '"started"' in worker.said, worker)
    worker.process.terminate()
    assert worker.ended() == 0
    assert [entry["event"] for entry in logged(worker)] == ["started", "stopped"]


def test_people_are_told_of_a_batch_in_plain_values(
    commands: Commands, cluster: Settings, source: int, connection: psycopg.Connection
) -> None:
    publish(cluster, "import", source, plays(10))
    worker = commands.worker(SCROBBLES_LOG="debug")
    eventually(lambda: "inserted=10" in worker.said, worker)
    producer = Producer(client_config(cluster))
    producer.produce(lane_topic(cluster.topic_prefix, "import").name, b"no JSON")
    assert producer.flush(30) == 0
    eventually(lambda: "dead=1" in worker.said, worker)
    stored = [line for line in worker.said.splitlines() if "] stored" in line]
    assert ["reasons={}" in line for line in stored] == ["dead=0" in line for line in stored]
    assert "reasons={'malformed': 1}" in stored[-1]
    assert dealt_with(connection) == 11


def test_a_wrong_password_of_the_database_is_a_refusal(commands: Commands, cluster: Settings) -> None:
    parts = urlsplit(str(cluster.database_url))
    wrong = parts._replace(netloc=f"{parts.username}:{CANARY}@{parts.hostname}:{parts.port}").geturl()
    worker = commands.worker(**TALKATIVE, SCROBBLES_DATABASE_URL=wrong)
    assert worker.ended() == 77
    assert logged(worker)[-1]["event"] == "database_denied"
    assert CANARY not in worker.said

"""Dead letters as an operator handles them: shown safely, sent again once, deleted with their number kept."""

import base64
import datetime as dt
import signal
from collections.abc import Iterator
from typing import Any, get_args

import psycopg
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

import sql
from cli.raw import for_people
from consumers.listens.deadletter import DeadReason
from producers.jobs.job import report_of
from producers.replay import replay
from schemas.broker import admin, client_config, end_offsets
from schemas.settings import Settings
from schemas.topics import lane_topic
from tests.cli.commands import Commands, Worker, eventually
from tests.cli.groups import dealt_with, held, plays, publish, recreate
from tests.cli.here import Here
from tests.cli.malojas import TIME, row, write
from tests.consumers.logs import ledger, new_source, problems

NASTY = b"\x1b]0;gone\x07\xff no JSON \xe2\x80\xae" + b"x" * 9_000
HEADERS: list[tuple[str, str | bytes | None]] = [("who\x1b", b"\xff\0"), ("nothing", None), ("who\x1b", b"me")]
# The first source there will be; nobody has made it yet.
FUTURE = 1


@pytest.fixture
def topic(cluster: Settings) -> str:
    return lane_topic(cluster.topic_prefix, "import").name


@pytest.fixture
def letters(cluster: Settings, topic: str, worker: Worker, connection: psycopg.Connection) -> Worker:
    """Three plays of a source that is missing, a nasty message and an empty one, all buried by a worker."""
    publish(cluster, "import", FUTURE, plays(3))
    producer = Producer(client_config(cluster))
    producer.produce(topic, NASTY, b"\0key", 4, headers=HEADERS)
    producer.produce(topic, None, None, 5)
    assert producer.flush(30) == 0
    eventually(lambda: dealt_with(connection) == 5, worker)
    return worker


def listed(here: Here, *arguments: str) -> list[dict[str, Any]]:
    done = here.run("dead", "list", "--json", *arguments)
    assert done.code == 0, done.errors
    answer: list[dict[str, Any]] = done.answer
    return answer


def shown(here: Here, reason: str) -> list[dict[str, Any]]:
    """All letters of this reason, the oldest first."""
    ids = [letter["id"] for letter in listed(here, "--reason", reason)]
    return [here.run("dead", "show", str(id_), "--json").answer for id_ in sorted(ids)]


def in_kafka(settings: Settings, topic: str) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Everything the topic holds."""
    consumer = Consumer(client_config(settings, group_id="reader", enable_auto_commit=False))
    ends = end_offsets(admin(settings), [topic])
    try:
        for (name, number), end in ends.items():
            consumer.assign([TopicPartition(name, number, 0)])
            for _ in range(end):
                message = consumer.poll(30)
                assert message is not None
                assert message.error() is None
                yield message.key(), message.value()
    finally:
        consumer.close()


@pytest.mark.usefixtures("letters")
def test_list_counts_them_by_reason_and_filters(here: Here, topic: str) -> None:
    everything = listed(here)
    assert [letter["reason"] for letter in everything].count("unknown_source") == 3
    assert [letter["id"] for letter in everything] == sorted((letter["id"] for letter in everything), reverse=True)
    assert [letter["reason"] for letter in listed(here, "--reason", "empty")] == ["empty"]
    assert len(listed(here, "--topic", topic)) == 5
    assert listed(here, "--topic", "another") == []
    assert len(listed(here, "--limit", "2")) == 2
    tomorrow = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).date().isoformat()
    assert listed(here, "--since", tomorrow) == []
    assert len(listed(here, "--since", "2020-01-01")) == 5
    told = here.run("dead", "list", "--limit", "2")
    assert f"2 of 5 dead letters (3 unknown_source of {topic}, 1 " in told.errors


@pytest.mark.usefixtures("letters")
def test_show_disturbs_no_terminal_and_gives_scripts_every_byte(here: Here) -> None:
    (letter,) = listed(here, "--reason", "malformed")
    told = here.run("dead", "show", str(letter["id"]))
    assert told.code == 0
    assert all(each.isprintable() or each == "\n" for each in told.output)
    assert r"\x1b]0;gone\x07\xff no JSON \u202e" in told.output
    assert "more bytes" in told.output
    assert "x" * 3_000 not in told.output
    (found,) = shown(here, "malformed")
    assert base64.b64decode(found["value"]["base64"]) == NASTY
    assert found["headers"] == [["who\x1b", {"base64": "/wA="}], ["nothing", None], ["who\x1b", {"text": "me"}]]
    (empty,) = shown(here, "empty")
    assert (empty["key"], empty["value"], empty["detail"]) == (None, None, "no value")
    missing = here.run("dead", "show", "999")
    assert (missing.code, missing.output) == (2, "")


@pytest.mark.parametrize("text", ["Björk – Jóga", "日本", 'a "quoted" [/b] \\ text'])
def test_what_is_printable_is_shown_as_it_is(text: str) -> None:
    assert for_people(text) == for_people(text.encode()) == text


def test_a_letter_sent_again_is_a_new_message_that_is_stored_once_its_cause_is_mended(
    here: Here, cluster: Settings, topic: str, letters: Worker, connection: psycopg.Connection
) -> None:
    dry = here.run("dead", "replay", "--reason", "unknown_source", "--dry-run", "--json").answer
    assert dry == {"matched": 3, "replayed": 0, "dry_run": True}
    assert new_source(connection) == FUTURE
    done = here.run("dead", "replay", "--reason", "unknown_source", "--json")
    assert (done.code, done.answer) == (0, {"matched": 3, "replayed": 3, "refused": 0, "dry_run": False})
    eventually(lambda: dealt_with(connection) == 8, letters)
    assert ledger(connection) == (8, 3, 0, 5, 3)
    assert problems(connection) == []
    assert len(listed(here, "--replayed")) == 3
    # The others go round: they die again, as new letters with the same bytes.
    assert here.run("dead", "replay", "--json").answer["replayed"] == 2
    eventually(lambda: dealt_with(connection) == 10, letters)
    assert ledger(connection) == (10, 3, 0, 7, 3)
    assert problems(connection) == []
    before, after = (
        here.run("dead", "show", str(row["id"]), "--json").answer for row in listed(here, "--reason", "malformed")[::-1]
    )
    assert (before["key"], before["value"]) == (after["key"], after["value"])
    assert after["headers"] == [*before["headers"], ["scrobbles-dead-letter", {"text": str(before["id"])}]]
    assert here.run("dead", "replay", str(after["id"])).code == 0
    eventually(lambda: dealt_with(connection) == 11, letters)
    newest = shown(here, "malformed")[-1]
    assert newest["headers"] == [*before["headers"], ["scrobbles-dead-letter", {"text": str(after["id"])}]]
    assert [key for key, value in in_kafka(cluster, topic) if value == NASTY] == [b"\0key"] * 3


def test_what_was_sent_again_is_never_sent_twice_and_a_crash_before_the_mark_stores_nothing_twice(
    here: Here, letters: Worker, connection: psycopg.Connection
) -> None:
    new_source(connection)
    chosen = ("dead", "replay", "--reason", "unknown_source", "--json")
    assert here.run(*chosen).answer["replayed"] == 3
    assert here.run(*chosen).answer == {"matched": 0, "replayed": 0, "dry_run": True}
    eventually(lambda: dealt_with(connection) == 8, letters)
    # As if the first replay had died after the broker's word.
    connection.execute("update dead_letter set replayed_at = null")
    assert here.run(*chosen).answer["replayed"] == 3
    # The places of copies that were read are forgotten.
    assert connection.execute("select count(*) from letter_copy").fetchone() == (3,)
    eventually(lambda: dealt_with(connection) == 11, letters)
    assert ledger(connection) == (11, 3, 3, 5, 3)
    assert problems(connection) == []


def test_letters_that_another_replay_holds_are_left_to_it(
    here: Here, letters: Worker, connection: psycopg.Connection
) -> None:
    # One that does not leave them would wait for the other without end.
    connection.execute(f"alter database \"{connection.info.dbname}\" set lock_timeout = '2s'".encode())
    with held(connection, "select from dead_letter where reason = 'unknown_source' for update"):
        assert here.run("dead", "replay", "--json").answer["replayed"] == 2
    eventually(lambda: dealt_with(connection) == 7, letters)


def test_letters_that_another_replay_has_sent_since_they_were_chosen_are_left_out(
    cluster: Settings, letters: Worker, connection: psycopg.Connection
) -> None:
    ids = [id_ for (id_,) in connection.execute("select id from dead_letter").fetchall()]
    assert [chunk.sent for _ in range(2) for chunk in replay(connection, cluster, ids, "me")] == [5, 0]
    eventually(lambda: dealt_with(connection) == 10, letters)


def test_only_what_the_broker_has_acknowledged_is_marked(
    here: Here, letters: Worker, connection: psycopg.Connection
) -> None:
    letters.require_alive()
    gone = here.run("dead", "replay", SCROBBLES_KAFKA="127.0.0.1:1")
    assert gone.code == 69, gone.errors
    connection.execute("update dead_letter set topic = 'no-such-topic' where reason = 'empty'")
    done = here.run("dead", "replay", "--json", SCROBBLES_KAFKA__TOPIC_METADATA_PROPAGATION_MAX_MS="100")
    assert done.code == 78
    assert done.answer == {"matched": 5, "replayed": 4, "refused": 1, "dry_run": False}
    assert [row["reason"] for row in listed(here) if row["replayed_at"] is None][-1] == "empty"
    assert len(listed(here, "--replayed")) == 4


def test_the_report_of_an_import_still_adds_up_after_a_replay(
    here: Here, letters: Worker, connection: psycopg.Connection, cluster: Settings
) -> None:
    source = new_source(connection)
    refused = plays(20, 100)[7]
    connection.execute(f"alter table listen add check (listened_at <> to_timestamp({refused.listened_at}))".encode())
    publish(cluster, "import", source, plays(20, 100))
    eventually(lambda: dealt_with(connection) == 25, letters)
    report = report_of(connection, source)
    assert (report.inserted, report.duplicate, report.dead) == (19, 0, 1)
    connection.execute("alter table listen drop constraint listen_listened_at_check")
    assert here.run("dead", "replay", "--reason", "unstorable").code == 0
    eventually(lambda: dealt_with(connection) == 26, letters)
    report = report_of(connection, source)
    assert (report.inserted, report.duplicate, report.dead) == (20, 0, 0)
    assert connection.execute(sql.read("stored_of_source"), (source,)).fetchone() == (20,)
    assert problems(connection) == []


def import_of_which_one_row_died(here: Here, commands: Commands, connection: psycopg.Connection) -> None:
    """Job 1 is done, of its twenty rows one is a letter, what killed it is mended, and no worker runs."""
    worker = commands.worker()
    connection.execute(f"alter table listen add check (listened_at <> to_timestamp({TIME + 7}))".encode())
    path = write(commands.folder, "x.json", *(row(second) for second in range(20)))
    done = here.run("import", path, "--json")
    assert [done.answer[key] for key in ("state", "inserted", "dead")] == ["done", 19, 1], done.errors
    connection.execute("alter table listen drop constraint listen_listened_at_check")
    worker.send(signal.SIGTERM)
    assert worker.ended() == 0


@pytest.mark.parametrize("purged", [False, True], ids=["kept", "purged"])
def test_what_was_sent_again_is_not_missing_before_a_worker_has_read_it_and_a_loss_beside_it_is_found(
    here: Here, commands: Commands, cluster: Settings, connection: psycopg.Connection, purged: bool
) -> None:
    assert cluster
    import_of_which_one_row_died(here, commands, connection)
    assert here.run("dead", "replay").code == 0
    if purged:
        assert here.run("dead", "purge", "--replayed", "--yes").code == 0
    assert here.run("verify").code == 0
    connection.execute("update source set accepted = accepted + 1")
    assert problems(connection) == ["job 1 is done: 21 plays were accepted, 20 dealt with"]
    worker = commands.worker()
    eventually(lambda: dealt_with(connection) == 21, worker)
    assert problems(connection) == ["job 1 is done: 21 plays were accepted, 20 dealt with"]
    connection.execute("update source set accepted = accepted - 1")
    assert here.run("verify").code == 0
    assert ledger(connection) == (21, 20, 0, 1, 20)


def test_letters_of_an_import_that_was_undone_are_not_sent_again(
    here: Here, commands: Commands, cluster: Settings, connection: psycopg.Connection
) -> None:
    import_of_which_one_row_died(here, commands, connection)
    publish(cluster, "import", 77, plays(1))
    worker = commands.worker()
    eventually(lambda: dealt_with(connection) == 21, worker)
    ids = [letter["id"] for letter in listed(here)]
    assert here.run("jobs", "undo", "1", "--yes").code == 0
    dry = here.run("dead", "replay", *map(str, ids), "--dry-run", "--json")
    assert dry.answer == {"matched": 1, "replayed": 0, "dry_run": True}
    assert dry.errors == "left out, for their imports were undone: 1 dead letter\n"
    # Also where the import was undone after its letter was chosen.
    assert [chunk.sent for chunk in replay(connection, cluster, ids, "me")] == [1]
    nothing = here.run("dead", "replay", "--reason", "unstorable")
    assert (nothing.code, nothing.output) == (0, "")
    assert nothing.errors.splitlines() == [
        "left out, for their imports were undone: 1 dead letter",
        "nothing to send again",
    ]
    eventually(lambda: dealt_with(connection) == 22, worker)
    assert connection.execute("select count(*) from listen").fetchone() == (0,)
    assert here.run("verify").code == 0


def test_what_was_sent_again_into_a_topic_that_is_no_more_is_found_to_be_lost(
    here: Here, commands: Commands, cluster: Settings, connection: psycopg.Connection, topic: str
) -> None:
    import_of_which_one_row_died(here, commands, connection)
    assert here.run("dead", "replay").code == 0
    recreate(cluster, "import")
    assert problems(connection) == []  # nobody has decided yet what to do
    assert here.run("offsets", "adopt", topic).code == 0
    assert problems(connection) == ["job 1 is done: 20 plays were accepted, 19 dealt with"]


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize("verb", ["purge", "replay"])
def test_a_number_that_no_letter_has_is_named_and_then_nothing_is_done(here: Here, verb: str) -> None:
    yes = ["--yes"] if verb == "purge" else []
    some = str(listed(here, "--reason", "empty")[0]["id"])
    done = here.run("dead", verb, some, "999", str(10**20), *yes)
    assert (done.code, done.output) == (2, "")
    assert f"there are no dead letters 999, {10**20}" in done.errors
    assert len(listed(here)) == 5
    assert listed(here, "--replayed") == []


@pytest.mark.usefixtures("letters")
def test_letters_that_are_named_and_left_out_are_told(here: Here) -> None:
    empty, bad = (listed(here, "--reason", reason)[0]["id"] for reason in ("empty", "malformed"))
    done = here.run("dead", "purge", str(empty), str(bad), "--reason", "malformed", "--dry-run", "--json")
    assert done.answer["matched"] == 1
    assert f"left out (excluded by an option): {empty}" in done.errors
    assert here.run("dead", "replay", str(empty)).code == 0
    done = here.run("dead", "replay", str(empty), str(bad), "--dry-run", "--json")
    assert done.answer["matched"] == 1
    assert f"left out (sent again before, or excluded by an option): {empty}" in done.errors


@pytest.mark.parametrize("verb", ["list", "purge", "replay"])
def test_a_reason_that_does_not_exist_is_refused_with_those_that_do(here: Here, verb: str) -> None:
    done = here.run("dead", verb, "--reason", "bogus")
    assert (done.code, done.output) == (2, "")
    assert all(reason in done.errors for reason in get_args(DeadReason))


@pytest.mark.usefixtures("letters")
def test_purge_asks_deletes_and_keeps_the_number(here: Here, connection: psycopg.Connection) -> None:
    assert here.run("dead", "purge", "--dry-run", "--json").answer == {"matched": 5, "purged": 0, "dry_run": True}
    refused = here.run("dead", "purge", "--reason", "empty", given="n\n")
    assert (refused.code, len(listed(here))) == (1, 5)
    assert "Delete 1 dead letter (1 empty of " in refused.errors
    assert here.run("dead", "purge", "--reason", "empty").code == 1  # nobody answers
    done = here.run("dead", "purge", "--reason", "unknown_source", "--yes", "--json")
    assert (done.code, done.answer) == (0, {"matched": 3, "purged": 3, "dry_run": False})
    assert {letter["reason"] for letter in listed(here)} == {"malformed", "empty"}
    assert problems(connection) == []
    assert ledger(connection) == (5, 0, 0, 5, 0)
    assert connection.execute(sql.read("stored")).fetchone() == (0, 2)
    connection.execute("delete from dead_letter where reason = 'empty'")
    assert problems(connection) == ["dead letters: 5 were counted, 1 are kept and 3 purged"]


def test_every_decision_is_on_record(here: Here, letters: Worker, connection: psycopg.Connection) -> None:
    letters.require_alive()
    assert here.run("dead", "replay", "--reason", "empty").code == 0
    assert here.run("dead", "purge", "--replayed", "--yes").code == 0
    found = connection.execute("select decided_by, verb, detail from operator_decision order by id").fetchall()
    assert [(verb, detail.split(" (")[0]) for _, verb, detail in found] == [
        ("replay", "1 dead letter"),
        ("purge", "1 dead letter"),
    ]
    assert all("@" in who for who, _, _ in found)

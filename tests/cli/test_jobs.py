"""Imports as jobs: interrupted, resumed, undone, rehearsed."""

import json
import multiprocessing
import os
import random
import re
import secrets
import signal
import subprocess
import sys
from contextlib import closing
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from producers.jobs import sending
from producers.jobs.database import Database
from producers.jobs.importing import Order, import_export, order_of
from producers.jobs.progress import Step
from producers.jobs.undoing import undo_import
from schemas.broker import admin, end_offsets
from schemas.errors import DependencyGone, UsageFault
from schemas.listen import Listen, Track
from schemas.settings import Settings
from schemas.topics import lane_topic
from tests.cli.commands import Commands, Worker, environment_of, eventually
from tests.cli.groups import dealt_with, publish
from tests.cli.here import Here
from tests.cli.malojas import TIME, row, write
from tests.consumers.logs import new_source, problems

# Enough for a checkpoint on any machine: the first one comes after 50,000 rows at the latest.
MANY = 150_000
GONE = "127.0.0.1:1"
# Processes that share no client and no thread with this one.
SPAWNING = multiprocessing.get_context("spawn")


def adds_up(report: dict[str, Any]) -> bool:
    stored = report["inserted"] + report["duplicate"] + report["dead"]
    return bool(report["rows"] == report["accepted"] + sum(report["skipped"].values()) and report["accepted"] == stored)


def position(connection: psycopg.Connection) -> dict[str, int]:
    (found,) = connection.execute("select position from source order by id desc limit 1").fetchone() or ({},)
    return dict(found)


def plays_by_source(connection: psycopg.Connection) -> list[tuple[int, int]]:
    return connection.execute("select source_id, count(*)::int from listen group by 1 order by 1").fetchall()


def beyond(settings: Settings, connection: psycopg.Connection) -> int:
    """How many plays are in Kafka that no checkpoint tells of, or are there twice."""
    ends = end_offsets(admin(settings), [lane_topic(settings.topic_prefix, "import").name])
    (noted,) = connection.execute("select coalesce(max(accepted), 0) from source").fetchone() or (0,)
    return sum(ends.values()) - int(noted)


def import_to(row: int, path: str, settings: Settings, there: Event) -> None:
    """Import as the command does, but go no further than this row, where somebody is to kill the process."""

    def halt(step: Step) -> None:
        if step.done >= row:
            there.set()
            signal.pause()

    with closing(Database(settings.database_url or "", halt)) as database:
        import_export(database, settings, Order(Path(path), path, "me"), halt)


def plays(connection: psycopg.Connection) -> int:
    (count,) = connection.execute("select count(*) from listen").fetchone() or (0,)
    return int(count)


class TestResuming:
    @pytest.mark.parametrize("failpoint", ["acknowledged:kill", "noted:kill"])
    def test_an_import_that_was_killed_continues_after_its_checkpoint(
        self, failpoint: str, commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        path = write(tmp_path, "x.json", *(row(second) for second in range(MANY)), row(1, ""))
        killed = commands.run("import", path, "--json", SCROBBLES_FAILPOINT=failpoint)
        assert killed.code == -signal.SIGKILL
        begun = position(connection)
        assert (begun.get("row", 0) > 0) == failpoint.startswith("noted")
        done = commands.run("import", path, "--json")
        assert done.code == 3, done.errors
        assert "job 1 was resumed" in done.errors
        assert adds_up(done.answer)
        assert [done.answer[key] for key in ("job", "state", "rows", "accepted")] == [1, "done", MANY + 1, MANY]
        assert (done.answer["inserted"], done.answer["skipped"]) == (MANY, {"missing_title": 1})
        (read,) = connection.execute("select sum(read) from source_count").fetchone() or (0,)
        assert MANY <= read < 2 * MANY  # it did not begin anew
        assert plays(connection) == MANY
        assert problems(connection) == []
        worker.require_alive()

    def test_an_import_that_nobody_waits_for_is_done_once_it_is_stored_though_it_sent_plays_twice(
        self, here: Here, commands: Commands, cluster: Settings, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        path = write(tmp_path, "x.json", *(row(second) for second in range(MANY)))
        assert commands.run("import", path, SCROBBLES_FAILPOINT="acknowledged:kill").code == -signal.SIGKILL
        assert beyond(cluster, connection) > 0
        sent = commands.run("import", path, "--no-wait", "--json")
        assert (sent.code, sent.answer["state"], sent.answer["accepted"]) == (0, "waiting", MANY)
        worker = commands.worker()
        eventually(lambda: here.run("jobs", "show", "1", "--json").answer["state"] == "done", worker)
        report = here.run("jobs", "show", "1", "--json").answer
        assert adds_up(report)
        assert report["inserted"] == plays(connection) == MANY
        assert here.run("verify", "--json").answer["waiting_jobs"] == []

    @pytest.mark.parametrize("purge", [False, True], ids=["kept", "purged"])
    def test_a_row_that_died_and_is_sent_twice_is_one_dead_letter_of_the_report(
        self, commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path, *, purge: bool
    ) -> None:
        path = write(tmp_path, "x.json", *(row(second) for second in range(MANY)))
        connection.execute(f"alter table listen add check (listened_at <> to_timestamp({TIME + 7}))".encode())
        assert commands.run("import", path, SCROBBLES_FAILPOINT="acknowledged:kill").code == -signal.SIGKILL
        eventually(lambda: connection.execute("select 1 from dead_letter").fetchone(), worker)
        if purge:
            assert commands.run("dead", "purge", "--yes").code == 0
        done = commands.run("import", path, "--json")
        assert done.code == 3, done.errors
        assert adds_up(done.answer)
        assert [done.answer[key] for key in ("state", "inserted", "dead")] == ["done", MANY - 1, 1]
        (read, dead) = connection.execute("select sum(read), sum(dead) from source_count").fetchone() or (0, 0)
        assert (read > MANY, dead) == (True, 1 + purge)
        assert connection.execute("select count(*) from dead_letter").fetchone() == (1,)
        assert problems(connection) == []
        worker.require_alive()

    def test_killed_at_any_rows_it_still_stores_each_play_once(
        self, commands: Commands, worker: Worker, cluster: Settings, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        seed = secrets.randbelow(2**32)
        print(f"seed {seed}")  # noqa: T201 - pytest shows it where the test fails
        chance = random.Random(seed)  # noqa: S311 - not a secret
        plays = [(TIME + second, f"Song {second % 97}" if second % 100 else "") for second in range(2 * MANY)]
        path = write(tmp_path, "x.json", *(row(time - TIME, title) for time, title in plays))
        for target in sorted(chance.sample(range(1, 2 * MANY), 4)):
            there, before = SPAWNING.Event(), beyond(cluster, connection)
            killed = SPAWNING.Process(target=import_to, args=(target, path, cluster, there), daemon=True)
            killed.start()
            # What its client holds still goes to Kafka: it is killed once some of it is there.
            eventually(lambda: killed.exitcode or (there.is_set() and beyond(cluster, connection) > before))  # noqa: B023
            killed.kill()
            killed.join()
            assert killed.exitcode == -signal.SIGKILL
        done = commands.run("import", path, "--json")
        assert done.code == 3, done.errors
        assert "job 1 was resumed" in done.errors
        assert [done.answer[key] for key in ("rows", "skipped")] == [2 * MANY, {"missing_title": MANY // 50}]
        assert adds_up(done.answer)
        stored = "select extract(epoch from listened_at)::int, name from listen join track on id = track_id order by 1"
        assert connection.execute(stored).fetchall() == [(time, title) for time, title in plays if title]
        assert problems(connection) == []
        worker.require_alive()

    def test_ctrl_c_leaves_a_job_that_can_be_resumed_by_its_number(
        self, commands: Commands, worker: Worker, cluster: Settings, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        path = write(tmp_path, "x.json", *(row(second) for second in range(MANY)))
        command = [sys.executable, "-m", "cli", "import", path]
        with subprocess.Popen(command, env=environment_of(cluster, tmp_path), stderr=subprocess.PIPE) as process:
            eventually(lambda: connection.execute("select 1 from source").fetchone())
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        assert process.returncode == 130, errors
        assert b"the same command continues" in errors
        assert b"Traceback" not in errors
        done = commands.run("jobs", "resume", "1", "--json")
        assert (done.code, done.answer["state"], done.answer["inserted"]) == (0, "done", MANY), done.errors
        assert adds_up(done.answer)
        assert problems(connection) == []
        worker.require_alive()

    def test_a_file_that_has_changed_is_refused(
        self, commands: Commands, cluster: Settings, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        assert cluster
        path = write(tmp_path, "x.json", *(row(second) for second in range(MANY)))
        assert commands.run("import", path, SCROBBLES_FAILPOINT="noted:kill").code == -signal.SIGKILL
        write(tmp_path, "x.json", row(1))
        for command in (("import", path), ("jobs", "resume", "1")):
            refused = commands.run(*command)
            assert refused.code == 65
            assert "has changed since job 1" in refused.errors
        assert connection.execute("select count(*) from source").fetchone() == (1,)

    def test_a_job_that_was_read_to_its_end_is_not_resumed_with_another_file(
        self, commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        path = write(tmp_path, "x.json", row(1))
        for state, wait in (("waiting", "--no-wait"), ("done", "--json")):
            assert commands.run("import", path, wait).code == 0
            assert connection.execute("select state from source order by id desc limit 1").fetchone() == (state,)
            write(tmp_path, "x.json", row(1), row(len(state)))
            refused = commands.run("jobs", "resume", "1" if state == "waiting" else "2")
            assert refused.code == 65
            assert "there is nothing to resume" in refused.errors
        assert connection.execute("select count(*) from source").fetchone() == (2,)
        worker.require_alive()

    def test_a_job_undone_between_the_asking_and_the_resuming_is_not_begun_anew(
        self, commands: Commands, worker: Worker, cluster: Settings, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        commands.run("import", write(tmp_path, "x.json", row(1)), "--no-wait")
        order = order_of(connection, 1)
        assert commands.run("jobs", "undo", "1", "--yes").code == 0
        with (
            closing(Database(cluster.database_url or "", lambda _: None)) as database,
            pytest.raises(UsageFault, match="job 1 was undone meanwhile"),
        ):
            import_export(database, cluster, order, lambda _: None)
        assert connection.execute("select count(*) from source").fetchone() == (1,)
        worker.require_alive()

    def test_a_kafka_that_does_not_answer_is_named_at_once_unless_the_job_is_done(
        self, commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        assert commands.run("import", write(tmp_path, "x.json", row(1))).code == 0
        nothing_new = commands.run("jobs", "resume", "1", SCROBBLES_KAFKA=GONE)
        assert (nothing_new.code, "nothing new" in nothing_new.errors) == (0, True)
        connection.execute("update source set state = 'reading'")
        # It ends within the patience of `commands.run`, half of what a sender has.
        refused = commands.run("jobs", "resume", "1", SCROBBLES_KAFKA=GONE)
        assert (refused.code, refused.output) == (69, "")
        assert "Kafka at 127.0.0.1:1 does not answer" in refused.errors
        assert connection.execute("select state from source").fetchone() == ("reading",)
        worker.require_alive()

    def test_a_kafka_that_goes_away_later_is_named_while_it_is_waited_for_and_when_it_is_given_up(
        self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, seconds in (("_FLUSH_SECONDS", 0.02), ("_SILENT_SECONDS", 0.01), ("PATIENCE_SECONDS", 0.1)):
            monkeypatch.setattr(sending, name, seconds)
        gone = msgspec.structs.replace(settings, kafka=GONE)
        path = write(tmp_path, "x.json", row(1))
        steps: list[Step] = []
        with closing(Database(settings.database_url or "", steps.append)) as database:
            imported = import_export(database, gone, Order(Path(path), path, "me"), steps.append)
        assert {step.trouble for step in steps} == {"Kafka at 127.0.0.1:1 does not answer: trying again"}
        assert isinstance(imported.fault, DependencyGone)
        assert imported.fault.message.startswith("Kafka at 127.0.0.1:1 has acknowledged nothing for")
        assert (imported.report.state, imported.report.accepted) == ("failed", 0)

    def test_a_second_import_of_the_same_file_waits_for_the_first(
        self, worker: Worker, cluster: Settings, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        path = write(tmp_path, "x.json", *(row(second) for second in range(MANY)))
        environment = environment_of(cluster, tmp_path)
        command = [sys.executable, "-m", "cli", "import", path]
        with (
            subprocess.Popen(command, env={**environment, "SCROBBLES_FAILPOINT": "noted:stop"}) as first,
            (tmp_path / "second.log").open("wb+") as log,
        ):
            eventually(lambda: position(connection))
            with subprocess.Popen([*command, "--json"], env=environment, stderr=log, stdout=subprocess.PIPE) as second:
                eventually(lambda: b"waiting for its end" in Path(log.name).read_bytes())
                first.send_signal(signal.SIGCONT)
                answer, _ = second.communicate(timeout=60)
            assert first.wait(60) == 0
        assert b"was imported before" in Path(log.name).read_bytes()
        assert json.loads(answer)["job"] == 1
        assert plays(connection) == MANY
        worker.require_alive()


class TestUndoing:
    def test_plays_of_this_import_alone_go_and_those_of_another_too_stay(
        self, commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        first = write(tmp_path, "first.json", *(row(second) for second in range(100)))
        second = write(tmp_path, "second.json", *(row(second) for second in range(60, 160)))
        hers = write(tmp_path, "hers.json", *(row(second) for second in range(50)))
        for command in ((first,), (second,), (hers, "--user", "anna")):
            assert commands.run("import", *command).code == 0
        undone = commands.run("jobs", "undo", "1", "--json")
        assert undone.code == 0, undone.errors
        assert re.search(r"^job 1 is undone; it took \d+\.\d s$", undone.errors, re.MULTILINE)
        assert [undone.answer[key] for key in ("state", "removed", "passed_on")] == ["undone", 60, 40]
        left = connection.execute("select source_id, count(*) from listen group by 1 order by 1").fetchall()
        assert left == [(2, 100), (3, 50)]
        assert commands.run("verify").code == 0
        again = commands.run("jobs", "undo", "1", "--json")
        assert (again.code, again.answer["removed"]) == (0, 60)
        assert "there is nothing to undo" in again.errors
        resumed = commands.run("jobs", "resume", "1")
        assert resumed.code == 2
        assert "job 1 is undone" in resumed.errors
        last = commands.run("jobs", "undo", "2", "--json")
        assert (last.answer["removed"], last.answer.get("passed_on")) == (100, None)
        assert connection.execute("select count(*) from repeated_listen").fetchone() == (0,)
        assert problems(connection) == []
        anew = commands.run("import", first, "--json")
        assert (anew.answer["job"], anew.answer["inserted"]) == (4, 100)
        assert problems(connection) == []
        worker.require_alive()

    def test_an_import_that_was_killed_and_is_not_resumed_tells_what_came_of_it(
        self, commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        path = write(tmp_path, "x.json", *(row(second) for second in range(MANY)))
        assert commands.run("import", path, SCROBBLES_FAILPOINT="acknowledged:kill").code == -signal.SIGKILL
        undone = commands.run("jobs", "undo", "1", "--json").answer
        assert 0 < undone["inserted"] < MANY
        assert undone["rows"] == undone["accepted"] == undone["inserted"] == undone["removed"]
        assert (undone["state"], undone["incomplete"]) == ("undone", True)
        assert "not read to its end" in commands.run("jobs", "show", "1").output
        assert problems(connection) == []
        worker.require_alive()

    def test_an_import_that_was_resumed_and_killed_again_adds_up_with_what_came_twice(
        self, commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        path = write(tmp_path, "x.json", *(row(second) for second in range(MANY)))
        for _ in range(2):
            assert commands.run("import", path, SCROBBLES_FAILPOINT="acknowledged:kill").code == -signal.SIGKILL
        twice = "select 1 from source_count group by source_id having sum(duplicate) > 0"
        eventually(lambda: connection.execute(twice).fetchone(), worker)
        eventually(lambda: adds_up(commands.run("jobs", "show", "1", "--json").answer), worker)

    def test_its_progress_is_that_of_the_plays_it_waits_for_and_looks_at(
        self, commands: Commands, worker: Worker, cluster: Settings, tmp_path: Path
    ) -> None:
        assert commands.run("import", write(tmp_path, "old.json", *(row(second) for second in range(100)))).code == 0
        worker.send(signal.SIGTERM)
        assert worker.ended() == 0
        path = write(tmp_path, "new.json", *(row(second) for second in range(200, 250)))
        assert commands.run("import", path, "--no-wait").code == 0
        commands.worker()
        steps: list[Step] = []
        with closing(Database(cluster.database_url or "", steps.append)) as database:
            undo_import(database, cluster, 2, steps.append)
        assert {(step.phase, step.total) for step in steps} == {("storing", 50), ("undoing", 150)}
        assert all(step.done <= (step.total or 0) for step in steps)

    def test_in_either_order_the_same_plays_remain(
        self, commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        for number, seconds in enumerate((range(30), range(10, 40), range(20, 50))):
            write(tmp_path, f"{number}.json", *(row(second) for second in seconds))
            assert commands.run("import", str(tmp_path / f"{number}.json")).code == 0
        assert commands.run("jobs", "undo", "2").code == 0
        assert commands.run("jobs", "undo", "1").code == 0
        kept = connection.execute("select source_id, extract(epoch from listened_at)::int from listen order by 2")
        assert kept.fetchall() == [(3, TIME + second) for second in range(20, 50)]
        assert problems(connection) == []
        worker.require_alive()

    def test_a_play_that_is_being_noted_as_a_repeat_is_not_lost(
        self, commands: Commands, worker: Worker, cluster: Settings, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        commands.run("import", write(tmp_path, "first.json", row(1)))
        commands.run("import", write(tmp_path, "second.json", row(2)))
        worker.send(signal.SIGTERM)
        assert worker.ended() == 0
        # The play of job 1 again, by the source of job 2; the worker freezes when it has noted that, and not committed.
        publish(cluster, "live", 2, [Listen(TIME + 1, Track(("Somebody",), "Song"))])
        connection.execute("update source set accepted = 2 where id = 2")
        noting = commands.worker(SCROBBLES_FAILPOINT="committing:stop")
        eventually(lambda: "fail-point committing reached" in noting.said, noting)
        command = [sys.executable, "-m", "cli", "jobs", "undo", "1", "--yes"]
        waiting = "select 1 from pg_locks where locktype = 'advisory' and not granted"
        with subprocess.Popen(command, env=environment_of(cluster, tmp_path), stdout=subprocess.PIPE) as undo:
            eventually(lambda: undo.poll() is not None or connection.execute(waiting).fetchone(), noting)
            noting.send(signal.SIGCONT)
            assert undo.wait(60) == 0
        eventually(lambda: dealt_with(connection) == 3, noting)
        assert plays_by_source(connection) == [(2, 2)]
        assert problems(connection) == []
        noting.require_alive()

    def test_a_job_that_does_not_exist(self, here: Here) -> None:
        for verb in ("show", "resume", "undo"):
            refused = here.run("jobs", verb, "17")
            assert refused.code == 2
            assert "there is no job 17" in refused.errors


class TestWhatIsWanted:
    def test_a_dry_run_needs_nothing_and_leaves_nothing(
        self, commands: Commands, connection: psycopg.Connection, tmp_path: Path
    ) -> None:
        path = write(tmp_path, "x.json", row(1), row(1), row(2), row(3, ""))
        nowhere = "postgresql://me@127.0.0.1:1/none"
        alone = commands.run(
            "import", path, "--dry-run", "--json", SCROBBLES_KAFKA="127.0.0.1:1", SCROBBLES_DATABASE_URL=nowhere
        )
        assert alone.code == 3, alone.errors
        assert alone.answer["job"] is None
        assert [alone.answer[key] for key in ("rows", "accepted", "inserted")] == [4, 3, None]
        compared = commands.run("import", path, "--dry-run", "--json")
        assert [compared.answer[key] for key in ("state", "inserted", "duplicate")] == ["dry run", 2, 1]
        assert connection.execute("select count(*) from source").fetchone() == (0,)

    def test_a_dry_run_knows_what_is_stored(self, commands: Commands, worker: Worker, tmp_path: Path) -> None:
        commands.run("import", write(tmp_path, "x.json", row(1), row(2, "ÉTUDE", album="LP")))
        path = write(tmp_path, "y.json", row(1), row(2, "étude", album="lp"), row(3))
        assert commands.run("import", path, "--dry-run", "--json").answer["inserted"] == 1
        worker.require_alive()

    def test_a_part_that_was_imported_does_not_stand_for_the_whole(
        self, commands: Commands, worker: Worker, tmp_path: Path
    ) -> None:
        path = write(tmp_path, "x.json", *(row(second) for second in range(10)))
        assert commands.run("import", path, "--limit", "4", "--json").answer["inserted"] == 4
        whole = commands.run("import", path, "--json").answer
        assert (whole["job"], whole["inserted"], whole["duplicate"]) == (2, 6, 4)
        assert "nothing new" in commands.run("import", path, "--limit", "7").errors
        worker.require_alive()

    def test_a_new_file_under_the_name_of_one_that_was_not_waited_for(
        self, commands: Commands, worker: Worker, tmp_path: Path
    ) -> None:
        for month in (1, 2):
            path = write(tmp_path, "history.json", *(row(second) for second in range(month)))
            done = commands.run("import", path, "--no-wait", "--json")
            assert (done.code, done.answer["job"]) == (0, month), done.errors
        worker.require_alive()

    def test_a_window_a_limit_and_the_rejects(self, commands: Commands, worker: Worker, tmp_path: Path) -> None:
        day = 86_400
        path = write(tmp_path, "x.json", row(0), row(day, ""), row(2 * day), row(3 * day), row(4 * day))
        rejects = tmp_path / "rejects.jsonl"
        window = ("--since", "2020-09-14", "--until", "2020-09-16T12:26:40", "--limit", "4")
        done = commands.run("import", path, *window, "--rejects", str(rejects), "--json")
        assert done.code == 3, done.errors
        assert (done.answer["rows"], done.answer["accepted"]) == (4, 1)
        assert done.answer["skipped"] == {"missing_title": 1, "outside_window": 2}
        (line,) = rejects.read_text("utf-8").splitlines()
        rejected = json.loads(line)
        assert [rejected[key] for key in ("file", "member", "row", "reason")] == [path, "x.json", 2, "missing_title"]
        assert rejected["raw"]["time"] == TIME + day
        known_and_new = (path, write(tmp_path, "y.json", row(day, "")))
        assert commands.run("import", *known_and_new, *window, "--rejects", str(rejects)).code == 3
        (line,) = rejects.read_text("utf-8").splitlines()
        assert json.loads(line)["member"] == "y.json"
        worker.require_alive()

    def test_rejects_are_never_written_over_an_export(self, commands: Commands, tmp_path: Path) -> None:
        path, other = write(tmp_path, "x.json", row(0)), write(tmp_path, "y.json", row(1))
        written = Path(other).read_bytes()
        refused = commands.run("import", path, "--rejects", other)
        assert refused.code == 2
        assert f"{other} is an export (maloja), which --rejects would write over" in refused.errors
        assert Path(other).read_bytes() == written


def test_jobs_are_listed_the_last_one_first_and_shown(
    commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
) -> None:
    one = write(tmp_path, "one.json", row(1), row(2, ""))
    commands.run("import", one)
    commands.run("import", write(tmp_path, "another_export_of_2024.json", row(1)), "--user", "anna", "--no-wait")
    eventually(lambda: commands.run("jobs", "show", "2", "--json").answer["state"] == "done", worker)
    listed = commands.run("jobs", "list")
    days = connection.execute("select to_char(started_at at time zone 'UTC', 'YYYY-MM-DD') from source order by id")
    first, second = (day for (day,) in days.fetchall())
    assert [line.split() for line in listed.output.splitlines()] == [
        ["job", "begun", "user", "file", "state", "rows", "skipped", "inserted", "duplicate", "dead"],
        ["2", second, "anna", "another_export_of_2024.json", "done", "1", "0", "1", "0", "0"],
        ["1", first, "me", "one.json", "done", "2", "1", "1", "0", "0"],
    ]
    (mine,) = commands.run("jobs", "list", "--user", "me", "--json").answer
    assert mine.pop("begun").startswith(first)
    shown = commands.run("jobs", "show", "1", "--json").answer
    assert [member["name"] for member in shown.pop("members")] == ["one.json"]
    assert mine == shown
    assert (mine["file"], mine["skipped"], mine["inserted"]) == (one, {"missing_title": 1}, 1)
    assert "job 1, done" in commands.run("jobs", "show", "1").output


def test_a_row_of_the_list_fits_into_100_columns_of_a_terminal(
    settings: Settings, connection: psycopg.Connection, tmp_path: Path
) -> None:
    new_source(connection, "somebody with a long name")
    connection.execute(
        "update source set file_name = 'listenbrainz_somebody_2024.zip', state = 'done',"
        " rows_read = 1999999, accepted = 1999990, skipped = '{\"short_play\": 9}'"
    )
    environment = {**environment_of(settings, tmp_path), "TERM": "xterm", "COLUMNS": "100"}
    terminal, inside = os.openpty()
    subprocess.run([sys.executable, "-m", "cli", "jobs", "list"], env=environment, stdout=inside, check=True)
    lines = os.read(terminal, 10_000).decode().splitlines()
    os.close(inside)
    os.close(terminal)
    assert len(lines) == 2, lines  # where it does not fit, it is folded
    assert "1,999,999" in lines[1]
    assert "…" in lines[1]


def test_elsewhere_no_name_is_shortened_and_no_cell_folded(commands: Commands, connection: psycopg.Connection) -> None:
    new_source(connection, "somebody with a long name")
    long = f"{'x' * 400}.zip"
    connection.execute("update source set file_name = %s", (long,))
    lines = commands.run("jobs", "list").output.splitlines()
    assert len(lines) == 2
    assert f"somebody with a long name  {long}  reading" in lines[1]

"""`scrobbles import` from end to end: file, Kafka, worker, Postgres, report."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from schemas.broker import admin, end_offsets
from schemas.settings import Settings
from schemas.topics import lane_topic
from tests.cli.commands import Commands, Worker, environment_of, eventually, lag
from tests.cli.groups import dealt_with
from tests.cli.malojas import export, row, write
from tests.consumers.logs import problems

KEYS = {
    "job",
    "user",
    "file",
    "format",
    "sha256",
    "state",
    "rows",
    "accepted",
    "skipped",
    "inserted",
    "duplicate",
    "dead",
    "members",
    "seconds",
}
ACCOUNT_DATA = b'[{"endTime":"2024-02-03 10:11","artistName":"A","trackName":"T","msPlayed":187000}]'
NOWHERE: dict[str, dict[str, Any]] = {
    "kafka": {"SCROBBLES_KAFKA": "127.0.0.1:1"},
    "database": {"SCROBBLES_DATABASE_URL": "postgresql://me:verysecret@127.0.0.1:1/nothing"},
}


def adds_up(report: dict[str, Any]) -> bool:
    stored = report["inserted"] + report["duplicate"] + report["dead"]
    return bool(report["rows"] == report["accepted"] + sum(report["skipped"].values()) and report["accepted"] == stored)


def in_kafka(cluster: Settings) -> int:
    topic = lane_topic(cluster.topic_prefix, "import").name
    return sum(end_offsets(admin(cluster), [topic]).values())


def jobs(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return connection.execute("select id, state, rows_read, accepted from source order by id").fetchall()


def test_the_report_adds_up_and_names_what_was_rejected(
    commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
) -> None:
    good = [row(second, f"Song {second}", album="Album") for second in range(5)]
    path = write(tmp_path, "my export.json", *good, good[0], row(6, ""), {**row(7), "time": "soon"}, {"no": "track"})
    done = commands.run("import", path, "--json")
    assert done.code == 3, done.errors
    report = done.answer
    assert set(report) == KEYS
    assert adds_up(report)
    assert report["seconds"] > 0
    assert report | {"seconds": 0} == {
        "job": 1,
        "user": "me",
        "file": path,
        "format": "maloja",
        "sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest(),
        "state": "done",
        "rows": 9,
        "accepted": 6,
        "skipped": {"bad_time": 1, "malformed_row": 1, "missing_title": 1},
        "inserted": 5,
        "duplicate": 1,
        "dead": 0,
        "members": [{"name": "my export.json", "read": True, "format": "maloja"}],
        "seconds": 0,
    }
    assert jobs(connection) == [(1, "done", 9, 6)]
    assert problems(connection) == []
    worker.require_alive()


def test_a_known_file_is_not_read_again_unless_forced_and_another_person_has_plays_of_her_own(
    commands: Commands, worker: Worker, cluster: Settings, connection: psycopg.Connection, tmp_path: Path
) -> None:
    path = write(tmp_path, "x.json", *(row(second) for second in range(20)))
    first = commands.run("import", path, "--json")
    assert (first.code, first.answer["inserted"]) == (0, 20)
    renamed = shutil.copy(path, tmp_path / "the same under another name.json")
    again = commands.run("import", str(renamed), "--json")
    assert (again.code, again.answer) == (0, first.answer)
    assert f"nothing new: {renamed} was imported before" in again.errors
    assert in_kafka(cluster) == 20
    forced = commands.run("import", path, "--force", "--json")
    assert forced.code == 0
    assert [forced.answer[key] for key in ("job", "accepted", "inserted", "duplicate")] == [2, 20, 0, 20]
    hers = commands.run("import", path, "--user", "anna", "--json")
    assert [hers.answer[key] for key in ("job", "user", "inserted", "duplicate")] == [3, "anna", 20, 0]
    assert "anna is new here" in hers.errors
    assert connection.execute("select user_name, count(*) from play group by 1 order by 1").fetchall() == [
        ("anna", 20),
        ("me", 20),
    ]
    assert problems(connection) == []
    assert lag(cluster) == {"live": 0, "import": 0}
    worker.require_alive()


def test_an_import_that_cannot_begin_leaves_neither_job_nor_person(
    commands: Commands, cluster: Settings, connection: psycopg.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "x.json"
    path.write_text("[1, 2]")
    done = commands.run("import", str(path), "--user", "carl")
    assert done.code == 65
    assert "carl" not in done.errors
    assert connection.execute("select name from app_user").fetchall() == []
    assert jobs(connection) == []
    assert in_kafka(cluster) == 0


def test_of_a_file_that_breaks_off_everything_before_is_stored_and_the_job_has_failed(
    commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "cut.json"
    path.write_bytes(export(*(row(second) for second in range(2_500)))[:-40])
    rehearsed = commands.run("import", str(path), "--dry-run")
    assert (rehearsed.code, "is stored" in rehearsed.errors) == (65, False)
    done = commands.run("import", str(path), "--json")
    assert done.code == 65
    assert adds_up(done.answer)
    assert [done.answer[key] for key in ("state", "rows", "inserted")] == ["failed", 2_499, 2_499]
    assert "what came before it is stored" in done.errors
    assert problems(connection) == []
    # It may be repaired and imported; what was stored before is recognised play by play.
    path.write_bytes(export(*(row(second) for second in range(2_500))))
    repaired = commands.run("import", str(path), "--json")
    assert repaired.code == 0
    assert [repaired.answer[key] for key in ("state", "inserted", "duplicate")] == ["done", 1, 2_499]
    worker.require_alive()


def test_several_files_give_a_list_and_one_that_is_missing_does_not_stop_the_others(
    commands: Commands, worker: Worker, tmp_path: Path
) -> None:
    one = write(tmp_path, "one.json", row(1), row(2))
    two = write(tmp_path, "two.json", row(2), row(3))
    done = commands.run("import", one, str(tmp_path / "missing.json"), two, "--json")
    assert done.code == 2
    assert [(report["file"], report["inserted"], report["duplicate"]) for report in done.answer] == [
        (one, 2, 0),
        (two, 1, 1),
    ]
    assert "missing.json" in done.errors
    worker.require_alive()


def test_a_folder_and_stdin_are_imported_like_a_file(
    commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    (folder / "deeper").mkdir(parents=True)
    write(folder, "a.json", row(1), row(2))
    write(folder / "deeper", "b.json", row(3))
    (folder / "readme.txt").write_text("no export")
    done = commands.run("import", str(folder), "--json")
    assert (done.code, done.answer["rows"], done.answer["inserted"]) == (0, 3, 3), done.errors
    assert {member["name"]: member["read"] for member in done.answer["members"]} == {
        "a.json": True,
        "deeper/b.json": True,
        "readme.txt": False,
    }
    piped = commands.run("import", "-", "--json", given=export(row(3), row(4)))
    assert piped.code == 0, piped.errors
    assert [piped.answer[key] for key in ("file", "rows", "inserted", "duplicate")] == ["-", 2, 1, 1]
    assert problems(connection) == []
    worker.require_alive()


def test_without_json_a_person_reads_a_table_on_stdout(commands: Commands, worker: Worker, tmp_path: Path) -> None:
    done = commands.run("import", write(tmp_path, "x [b].json", row(1), row(1), row(2, "")))
    assert done.code == 3
    assert "x [b].json: maloja, job 1, done after" in done.output
    lines = [line.split() for line in done.output.splitlines()]
    for line in (["rows", "3"], ["inserted", "1", "new", "plays"], ["duplicate", "1", "stored", "before"]):
        assert line in lines
    worker.require_alive()


@pytest.mark.parametrize(
    ("name", "content", "arguments", "code", "said"),
    [
        ("missing.json", None, [], 2, "missing.json"),
        ("good.json", export(row(1)), [""], 2, "the name of a file is empty"),
        ("empty.json", b"", [], 65, "is empty"),
        ("song.mp3", b"ID3\x04\0\0", [], 65, "is no export we know"),
        ("StreamingHistory_music_0.json", ACCOUNT_DATA, [], 65, "is Spotify's account data"),
        ("later.jsonl", b'{"scrobbles_export":99,"user":"me"}\n', [], 65, "has version 99"),
        ("cut.json", b'{"maloja":{"export_time":0},"scrobbles":[{"time":1', [], 65, "cut.json"),
        ("page.html", b"<html><body>Please log in</body></html>", [], 65, "a web page"),
        ("x.json", b'{"scrobbles": []}', ["--format", "casette"], 2, "casette is no format"),
    ],
)
def test_what_is_no_export_is_refused_in_one_sentence_and_leaves_no_job(
    commands: Commands,
    cluster: Settings,
    connection: psycopg.Connection,
    name: str,
    content: bytes | None,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    assert cluster
    path = commands.folder / name
    if content is not None:
        path.write_bytes(content)
    done = commands.run("import", str(path), "--json", *arguments)
    assert (done.code, done.output) == (code, "")
    assert said in done.errors
    assert "Traceback" not in done.errors
    assert jobs(connection) == []
    rehearsed = commands.run("import", str(path), "--json", "--dry-run", *arguments)
    assert (rehearsed.code, rehearsed.output, rehearsed.errors) == (code, "", done.errors)


@pytest.mark.parametrize("gone", ["kafka", "database"])
def test_a_server_that_does_not_answer_is_named_within_seconds(
    commands: Commands, cluster: Settings, tmp_path: Path, gone: str
) -> None:
    assert cluster
    begun = time.monotonic()
    done = commands.run("import", write(tmp_path, "x.json", row(1)), "--json", **NOWHERE[gone])
    assert time.monotonic() - begun < 20
    assert (done.code, done.output) == (69, "")
    assert "127.0.0.1:1" in done.errors
    assert "verysecret" not in done.errors


def test_without_any_server_a_person_is_told_how_to_start_one(commands: Commands, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "SCROBBLES_DATA": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "cli", "import", write(tmp_path, "x.json", row(1))],
        env=environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
        cwd=commands.folder,
    )
    assert done.returncode == 69
    assert "scrobbles up" in done.stderr


def test_without_topics_the_import_says_which_command_makes_them(
    commands: Commands, connection: psycopg.Connection, tmp_path: Path
) -> None:
    done = commands.run("import", write(tmp_path, "x.json", row(1)))
    assert done.code == 78
    assert "scrobbles topics ensure" in done.errors
    assert jobs(connection) == []


def test_no_wait_returns_before_anything_is_stored(
    commands: Commands, cluster: Settings, connection: psycopg.Connection, tmp_path: Path
) -> None:
    done = commands.run("import", write(tmp_path, "x.json", row(1), row(2)), "--no-wait", "--json")
    assert (done.code, done.answer["state"], done.answer["accepted"], done.answer["inserted"]) == (0, "waiting", 2, 0)
    assert in_kafka(cluster) == 2
    worker = commands.worker()
    eventually(lambda: dealt_with(connection) == 2, worker)
    assert problems(connection) == []
    assert commands.run("jobs", "show", "1", "--json").answer["state"] == "done"


def test_ctrl_c_ends_an_import_with_130_and_what_was_sent_is_stored(
    commands: Commands, cluster: Settings, connection: psycopg.Connection, tmp_path: Path
) -> None:
    path = write(tmp_path, "x.json", *(row(second) for second in range(50)))
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "import", path],
        env=environment_of(cluster, tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
    ) as process:
        eventually(lambda: jobs(connection) == [(1, "waiting", 50, 50)])
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    worker = commands.worker()
    eventually(lambda: dealt_with(connection) == 50, worker)
    assert problems(connection) == []


def test_a_file_whose_rows_are_all_rejected_is_reported_and_sends_nothing(
    commands: Commands, cluster: Settings, tmp_path: Path
) -> None:
    done = commands.run("import", write(tmp_path, "x.json", row(1, ""), row(2, "")), "--json")
    assert done.code == 3
    assert adds_up(done.answer)
    assert (done.answer["accepted"], done.answer["skipped"]) == (0, {"missing_title": 2})
    assert in_kafka(cluster) == 0
    assert json.loads(done.output) == done.answer


def test_other_names_in_an_export_lead_to_the_one_they_stand_for_and_go_out_again(
    commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "koito.json"
    names = [{"alias": "Yorushika", "is_primary": False}, {"alias": "ヨルシカ", "is_primary": True}]
    listen = {
        "listened_at": "2024-01-02T03:04:05Z",
        "track": {"aliases": [{"alias": "Song", "is_primary": True}]},
        "artists": [{"aliases": names}],
    }
    path.write_text(json.dumps({"version": "1", "exported_at": "", "user": "", "listens": [listen]}), "utf-8")
    maloja = write(tmp_path, "maloja.json", row(1, "Song", "YORUSHIKA"))
    assert commands.run("import", maloja, str(path)).code == 0
    assert connection.execute("select artist from play").fetchall() == [("ヨルシカ",), ("ヨルシカ",)]
    out = commands.run("export").output
    assert '{"artist":{"name":"Yorushika"},"same_as":{"name":"ヨルシカ"}}' in out
    worker.require_alive()

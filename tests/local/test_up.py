"""`up`, `status` and `down` as a person types them, with workers."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

import sql
from deploy.local.logs import LOG_BYTES
from schemas.data_folder import STACK_FILE
from tests.local.observe import eventually, finish, left_over, pids, scrobbles, scrobbles_in

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def running(lasting_data: Path) -> Path:
    code, output, errors = finish(scrobbles(lasting_data, "up", "--workers", "2"))
    assert code == 0, errors
    assert "127.0.0.1" in output
    assert re.search(r"^kafka: started in \d+\.\d s, Apache Kafka \S+ on 127\.0\.0\.1:\d+$", errors, re.MULTILINE)
    assert re.search(r"^schema: \d+ migrations applied$", errors, re.MULTILINE)
    return lasting_data


def test_status_shows_every_process_and_where_it_is(running: Path) -> None:
    code, output, errors = finish(scrobbles(running, "status", "--json"))
    assert code == 0, errors
    shown = json.loads(output)
    assert {process["name"]: process["pid"] for process in shown["processes"]} == pids(running)
    assert set(pids(running)) == {"postgres", "kafka", "supervisor", "consumer-1", "consumer-2"}
    assert {process["state"] for process in shown["processes"]} == {"running"}
    assert shown["lag"] == {"live": 0, "import": 0}
    assert (shown["listens"], shown["dead_letters"], shown["bridge_url"], shown["web_url"]) == (0, 0, None, None)


def test_status_for_people_masks_the_password(running: Path) -> None:
    url = json.loads((running / STACK_FILE).read_bytes())["database_url"]
    password = url.split(":")[2].split("@")[0]
    _, output, errors = finish(scrobbles(running, "status"))
    assert "scrobbles:***@" in output
    assert password not in output + errors


def test_the_stack_file_is_private_and_holds_what_others_need(running: Path) -> None:
    path = running / STACK_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert set(json.loads(path.read_bytes())) == {"kafka", "database_url", "group_protocol"}


def test_a_second_up_changes_nothing(running: Path) -> None:
    before = pids(running)
    code, _, errors = finish(scrobbles(running, "up"))
    assert code == 0, errors
    assert pids(running) == before
    told = [line.split(",")[0].rstrip() for line in errors.splitlines()]
    assert told == ["postgres: runs already", "kafka: runs already", "consumer-1"]
    assert errors.endswith("consumer-1, consumer-2: runs already\n")


def test_the_number_of_workers_follows_the_wish(running: Path) -> None:
    before = pids(running)
    assert finish(scrobbles(running, "up", "--workers", "1"))[0] == 0
    assert pids(running) == {name: pid for name, pid in before.items() if name != "consumer-2"}
    assert finish(scrobbles(running, "up", "--workers", "2"))[0] == 0
    after = pids(running)
    assert set(after) == set(before)
    assert after["consumer-1"] == before["consumer-1"]


def test_a_failing_up_leaves_alone_what_ran_before(running: Path) -> None:
    before = pids(running)
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    code, _, errors = finish(scrobbles(running, "up", SCROBBLES_DATABASE_URL=nowhere))
    assert code == 69, errors
    assert "`scrobbles up` starts one here unless SCROBBLES_DATABASE_URL names another" in errors
    assert pids(running) == before


def status(data: Path) -> tuple[int, dict[str, dict[str, Any]], str]:
    code, output, errors = finish(scrobbles(data, "status", "--json"))
    return code, {process["name"]: process for process in json.loads(output)["processes"]}, errors


def test_a_worker_that_is_killed_is_started_again_and_serves_where_it_did(running: Path) -> None:
    before = pids(running)
    _, described, _ = status(running)
    os.kill(before["consumer-2"], signal.SIGKILL)
    eventually(lambda: pids(running).get("consumer-2") not in (None, before["consumer-2"]))
    code, after, errors = status(running)
    assert code == 0, errors
    assert after["consumer-2"]["address"] == described["consumer-2"]["address"]
    assert pids(running)["consumer-1"] == before["consumer-1"]
    assert "consumer-2 ended with -9: killed by SIGKILL; again in" in (running / "log" / "supervisor.log").read_text()


def test_a_worker_that_stopped_for_good_stays_so_and_status_says_why_until_the_next_up(running: Path) -> None:
    url = json.loads((running / STACK_FILE).read_bytes())["database_url"]
    before = pids(running)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("update consumer_offset set topic_id = gen_random_uuid()")
        os.kill(before["consumer-1"], signal.SIGKILL)
        eventually(lambda: status(running)[1]["consumer-1"]["state"] == "stopped")
        code, described, errors = status(running)
        assert code == 1
        assert described["consumer-1"]["exit_code"] == 65
        assert "was deleted and recreated" in described["consumer-1"]["reason"]
        assert described["consumer-1"]["event"] == "topic_id_changed"
        # Two workers met it, and it is one cause.
        recreated = "deleted and recreated in Kafka: scrobbles.import, scrobbles.live"
        adopt = "`scrobbles offsets adopt scrobbles.import`, `scrobbles offsets adopt scrobbles.live`"
        assert errors == f"scrobbles: {recreated}\n  {adopt}, then `scrobbles up`\n"
        connection.execute("delete from consumer_offset")
    code, _, errors = finish(scrobbles(running, "up"))
    assert code == 0, errors
    assert status(running)[0] == 0
    assert pids(running)["supervisor"] == before["supervisor"]


def serves(address: str) -> bool:
    host, _, port = address.removeprefix("http://").rpartition(":")
    with socket.socket() as connection:
        return connection.connect_ex((host, int(port))) == 0


def test_status_says_so_where_a_worker_runs_and_stores_nothing(running: Path) -> None:
    eventually(lambda: serves(status(running)[1]["consumer-1"]["address"]))
    frozen = psutil.Process(pids(running)["consumer-1"])
    frozen.suspend()
    code, _, errors = status(running)
    frozen.resume()
    assert (code, "consumer-1 runs, but: it does not answer" in errors) == (1, True), errors
    eventually(lambda: status(running)[0] == 0)


def test_a_worker_that_was_asked_to_stop_stays_so_and_status_says_no_more_than_that(running: Path) -> None:
    os.kill(pids(running)["consumer-2"], signal.SIGTERM)
    eventually(lambda: status(running)[1]["consumer-2"].get("exit_code") == 0)
    code, _, errors = status(running)
    assert code == 1
    assert errors == "scrobbles: consumer-2 is stopped: it was asked to stop\n  `scrobbles up` starts it again\n"
    assert finish(scrobbles(running, "up"))[0] == 0


def test_without_their_supervisor_workers_go_on_and_status_says_so_until_the_next_up(running: Path) -> None:
    before = pids(running)
    os.kill(before["supervisor"], signal.SIGKILL)
    eventually(lambda: "supervisor" not in pids(running))
    code, described, errors = status(running)
    assert code == 1
    assert {name for name, process in described.items() if process["state"] == "running"} == set(before) - {
        "supervisor"
    }
    assert "the supervisor has stopped: workers that run continue, but one that ends now is not started again" in errors
    assert "`scrobbles up` starts a new one" in errors
    os.kill(before["consumer-2"], signal.SIGKILL)
    eventually(lambda: "consumer-2" not in pids(running))
    _, described, errors = status(running)
    assert described["consumer-2"]["state"] == "stopped"
    assert "consumer-2 has stopped\n  `scrobbles up` starts it again" in errors
    log = running / "log" / "kafka.log"
    with log.open("ab") as grown:
        grown.write(b"a line\n" * LOG_BYTES)
    assert finish(scrobbles(running, "up"))[0] == 0
    assert log.stat().st_size < LOG_BYTES
    assert LOG_BYTES - 100 < log.with_name("kafka.log.1").stat().st_size <= LOG_BYTES
    after = pids(running)
    assert set(after) == set(before)
    assert after["kafka"] == before["kafka"]
    os.kill(after["consumer-1"], signal.SIGKILL)
    eventually(lambda: pids(running).get("consumer-1") not in (None, after["consumer-1"]))


def test_everything_killed_at_once_comes_back_with_the_next_up(running: Path) -> None:
    before = pids(running)
    # The supervisor first, else it starts the workers again meanwhile.
    for name in sorted(before, key=lambda name: name != "supervisor"):
        os.kill(before[name], signal.SIGKILL)
    eventually(lambda: not pids(running))
    code, described, errors = status(running)
    assert code == 1
    # Nobody but a person starts a server again.
    for server in ("kafka", "postgres"):
        assert described[server]["state"] == "stopped"
        assert f"{server} has stopped\n  `scrobbles up` starts it again" in errors
    code, _, errors = finish(scrobbles(running, "up"))
    assert code == 0, errors
    assert set(pids(running)) == set(before)
    assert status(running)[0] == 0


def test_a_database_that_waits_for_its_workers_to_leave_is_stopped_and_started_again(running: Path) -> None:
    with psycopg.connect(
        json.loads((running / STACK_FILE).read_bytes())["database_url"], autocommit=True
    ) as connection:
        eventually(lambda: connection.execute(sql.read("worker_sessions")).fetchone() == (2,))
    before = pids(running)
    # What `kill PID` sends; the sessions of the workers keep the server from ending.
    os.kill(before["postgres"], signal.SIGTERM)
    eventually(lambda: "the database system is shutting down" in status(running)[2])
    assert "`scrobbles up` stops it and starts it again" in status(running)[2]
    code, _, errors = finish(scrobbles(running, "up"))
    assert code == 0, errors
    assert "postgres was told to stop and waits for its clients; it is stopped and started again" in errors
    after = pids(running)
    assert after.pop("postgres") != before.pop("postgres")
    assert after == before
    eventually(lambda: status(running)[0] == 0)


def workers_elsewhere(data: Path) -> int:
    counted: int = json.loads(finish(scrobbles(data, "status", "--json"))[1])["workers_elsewhere"]
    return counted


def test_a_worker_started_elsewhere_is_counted(running: Path) -> None:
    elsewhere = scrobbles(running, "consume")
    eventually(lambda: workers_elsewhere(running) == 1)
    _, output, _ = finish(scrobbles(running, "status"))
    assert "2 here, 1 elsewhere" in output
    elsewhere.send_signal(signal.SIGTERM)
    assert finish(elsewhere)[0] == 0
    eventually(lambda: workers_elsewhere(running) == 0)


def test_a_stack_of_the_checkout_is_pointed_to_where_the_command_looks_elsewhere(running: Path, tmp_path: Path) -> None:
    (tmp_path / ".scrobbles").symlink_to(running)
    (tmp_path / "below").mkdir()
    for verb, code in (["status"], 1), (["down"], 0), (["doctor"], 0), (["recent"], 69), (["import", "x"], 69):
        done = finish(scrobbles_in(tmp_path / "below", tmp_path / "other", *verb))
        assert done[0] == code
        assert f"export SCROBBLES_DATA={tmp_path}/.scrobbles\n" in done[2]
        assert f"{tmp_path}/.scrobbles" not in finish(scrobbles(tmp_path / "other", *verb))[2]
    assert finish(scrobbles_in(tmp_path / "below", running, "status"))[2] == ""


def clean(folder: Path) -> tuple[int, str]:
    """What `deploy/clean.sh` does in a checkout whose .venv is the one that runs these tests."""
    program = folder / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    program.chmod(0o755)
    done = subprocess.run(
        [ROOT / "deploy" / "clean.sh"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_a_checkout_is_not_cleaned_while_a_stack_runs_from_it(running: Path, tmp_path: Path) -> None:
    code, errors = clean(tmp_path)
    assert (code, (tmp_path / ".venv").exists()) == (1, True)
    assert f"a stack; stop it: SCROBBLES_DATA={running} {sys.prefix}/bin/scrobbles down" in errors


def test_down_leaves_no_process_and_keeps_the_data(running: Path) -> None:
    code, _, errors = finish(scrobbles(running, "down"))
    assert code == 0, errors
    assert left_over(running) == []
    assert not (running / STACK_FILE).exists()
    assert (running / "servers").exists()
    nothing = "nothing runs here; start it with `scrobbles up`\n"
    assert finish(scrobbles(running, "status")) == (1, nothing, "")


def test_down_purge_leaves_no_file(running: Path) -> None:
    (running / "mine.txt").write_text("not made by the stack")
    assert finish(scrobbles(running, "down", "--purge", "--yes"))[0] == 0
    assert [path.name for path in running.iterdir()] == ["mine.txt"]

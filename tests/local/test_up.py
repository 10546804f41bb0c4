"""`up`, `status` and `down` as a person types them, with workers."""

import json
import os
import signal
from pathlib import Path

import pytest

from schemas.settings import STACK_FILE
from tests.local.observe import eventually, finish, left_over, pids, scrobbles


@pytest.fixture(scope="module")
def running(lasting_data: Path) -> Path:
    code, output, errors = finish(scrobbles(lasting_data, "up", "--workers", "2"))
    assert code == 0, errors
    assert "127.0.0.1" in output
    return lasting_data


def test_status_shows_every_process_and_where_it_is(running: Path) -> None:
    code, output, errors = finish(scrobbles(running, "status", "--json"))
    assert code == 0, errors
    shown = json.loads(output)
    assert {process["name"]: process["pid"] for process in shown["processes"]} == pids(running)
    assert set(pids(running)) == {"postgres", "kafka", "consumer-1", "consumer-2"}
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
    assert pids(running) == before


def test_status_tells_of_a_process_that_died(running: Path) -> None:
    os.kill(pids(running)["consumer-2"], signal.SIGKILL)
    eventually(lambda: "consumer-2" not in pids(running))
    code, output, errors = finish(scrobbles(running, "status", "--json"))
    assert code == 1
    assert "consumer-2 has ended" in errors
    assert {p["name"] for p in json.loads(output)["processes"] if p["state"] == "stopped"} == {"consumer-2"}


def test_down_leaves_no_process_and_keeps_the_data(running: Path) -> None:
    code, _, errors = finish(scrobbles(running, "down"))
    assert code == 0, errors
    assert left_over(running) == []
    assert not (running / STACK_FILE).exists()
    assert (running / "servers").exists()
    assert finish(scrobbles(running, "status"))[0] == 1


def test_down_purge_leaves_no_file(running: Path) -> None:
    (running / "mine.txt").write_text("not made by the stack")
    assert finish(scrobbles(running, "down", "--purge", "--yes"))[0] == 0
    assert [path.name for path in running.iterdir()] == ["mine.txt"]

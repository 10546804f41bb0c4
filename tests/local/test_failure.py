"""What goes wrong on a person's machine, and what is left afterwards: nothing, or everything."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from deploy.local import processes
from deploy.local.account import as_account, private_folder
from deploy.local.lock import locked
from deploy.local.places import Places, open_places, write_atomically
from deploy.local.ports import remembered
from deploy.local.postgres import made_with
from deploy.local.postgres_programs import find_programs
from deploy.local.processes import About, Process, Program
from deploy.local.stack import Needs, changing, servers, start_servers, stop
from schemas.errors import ConfigurationFault
from tests.local.observe import eventually, finish, kill_all, left_over, pids, receive_and_commit, scrobbles, send

POSTGRES_ONLY = Needs(kafka=False)


def start_and_interrupt(data: Path) -> None:
    with changing(data, silent) as places:
        start_servers(places, POSTGRES_ONLY, silent)
        assert set(pids(data)) == {"postgres"}
        raise KeyboardInterrupt


def silent(_: str) -> None:
    return


@pytest.fixture
def sleeper(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Somebody else's process, of the same user as the servers."""
    with subprocess.Popen(["sleep", "600"], **as_account(open_places(data).account)) as process:
        yield process
        process.kill()


def test_after_a_crash_of_everything_all_data_is_there(data: Path) -> None:
    before = servers(data)
    send(before.kafka, "crash", b"still here")
    with psycopg.connect(before.database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE survivor AS SELECT 'still here' AS said")
    kill_all(data)
    after = servers(data)
    assert after == before
    assert receive_and_commit(after.kafka, "crash") == b"still here"
    with psycopg.connect(after.database_url) as connection:
        assert connection.execute("SELECT said FROM survivor").fetchall() == [("still here",)]
    stop(data)
    assert left_over(data) == []


def test_a_recycled_pid_is_not_taken_for_ours_and_not_killed(data: Path, sleeper: subprocess.Popen[bytes]) -> None:
    places = open_places(data)
    started = psutil.Process(sleeper.pid).create_time() - psutil.boot_time()
    ours = Process("kafka", sleeper.pid, started - 100, About("Apache Kafka", "1", "nowhere"))
    write_atomically(places.run / "kafka.json", ours)
    assert processes.recorded(places) == [ours]
    assert pids(data) == {}
    stop(data)
    assert processes.recorded(places) == []
    assert sleeper.poll() is None


def test_the_exit_code_is_that_of_the_newest_child_with_the_number(data: Path) -> None:
    places = open_places(data)

    def child(name: str, code: int) -> Process:
        program = Program(name, [sys.executable, "-c", f"raise SystemExit({code})"], Path("/"), {})
        started = processes.start(places, program, About("a test", "1", "nowhere"))
        eventually(lambda: not started.is_running())
        return started

    child("older", 7)
    newer = child("newer", 65)
    # What a machine does after some ten thousand processes.
    processes._children[-2].pid = newer.pid
    assert processes.exit_code(newer) == 65


def test_a_process_that_cannot_be_put_on_record_is_not_left_running(data: Path) -> None:
    places = open_places(data)
    places.run.rmdir()  # as when the disk is full
    program = Program("lost", ["sleep", "600"], data, {"PATH": os.defpath})
    with pytest.raises(OSError, match=f"{places.run}/lost.json"):
        processes.start(places, program, About("a test", "1", "nowhere"))
    eventually(lambda: not [each for each in psutil.process_iter() if processes.folder_of(each) == data])


def test_a_server_that_does_not_start_is_told_with_the_end_of_its_log_line_by_line(data: Path) -> None:
    with changing(data, silent) as places:
        broken = private_folder(places.servers / "postgres", places.account)
        (broken / "PG_VERSION").write_text(str(find_programs(places.account).major))
    code, _, errors = finish(scrobbles(data, "up", SCROBBLES_KAFKA="127.0.0.1:1"))
    first, hint, *log = errors[errors.index("scrobbles:") :].splitlines()
    assert (code, first) == (69, "scrobbles: postgres ended instead of starting")
    assert hint == f"  the end of {data / 'log' / 'postgres.log'}:"
    assert log
    assert "\\n" not in errors


def test_postgres_starts_though_its_old_pid_is_somebody_elses(data: Path, sleeper: subprocess.Popen[bytes]) -> None:
    with changing(data, silent) as places:
        start_servers(places, POSTGRES_ONLY, silent)
        kill_all(data)
        pid_file = places.servers / "postgres" / "postmaster.pid"
        _, *rest = pid_file.read_text().splitlines(keepends=True)
        folder, started, *others = rest
        pid_file.write_text("".join([f"{sleeper.pid}\n", folder, f"{int(started) - 3600}\n", *others]))
        start_servers(places, POSTGRES_ONLY, silent)
    assert set(pids(data)) == {"postgres"}
    assert sleeper.poll() is None


def test_postgres_starts_though_a_power_cut_left_its_pid_file_empty(data: Path) -> None:
    with changing(data, silent) as places:
        start_servers(places, POSTGRES_ONLY, silent)
        kill_all(data)
        (places.servers / "postgres" / "postmaster.pid").write_text("")
        start_servers(places, POSTGRES_ONLY, silent)
    assert set(pids(data)) == {"postgres"}


@pytest.mark.parametrize(("name", "ask"), [("remembered.json", remembered), ("postgres/PG_VERSION", made_with)])
def test_a_damaged_file_of_the_servers_is_named(data: Path, name: str, ask: Callable[[Places], object]) -> None:
    places = open_places(data)
    (places.servers / name).parent.mkdir(exist_ok=True)
    (places.servers / name).touch()
    with pytest.raises(ConfigurationFault, match=f"{places.servers / name} is damaged"):
        ask(places)


def test_an_interrupted_block_stops_what_it_started(data: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        start_and_interrupt(data)
    assert left_over(data) == []
    assert not (data / "stack.json").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_up_that_is_ended_half_way_leaves_nothing_running(
    data: Path, bare_path: Path, number: signal.Signals, code: int
) -> None:
    assert bare_path  # so the broker is the embedded one, which starts at once
    with socket.create_server(("127.0.0.1", 0)) as never_answers:
        url = f"postgresql://nobody@127.0.0.1:{never_answers.getsockname()[1]}/nothing"
        command = scrobbles(data, "up", SCROBBLES_DATABASE_URL=url)
        eventually(lambda: pids(data) and (data / "stack.json").exists())
        command.send_signal(number)
        assert finish(command)[0] == code
    assert left_over(data) == []
    assert not (data / "stack.json").exists()


def test_a_second_command_waits_for_the_first_and_says_so(data: Path) -> None:
    with locked(data, silent):
        second = scrobbles(data, "down")
        assert second.stderr
        assert "waiting for another" in second.stderr.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(1)
    assert finish(second)[0] == 0

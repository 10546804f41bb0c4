"""What is not ours is never used, stopped or deleted: strangers' folders, and the original of a copied one."""

import json
import os
import shutil
from pathlib import Path

import psycopg
import pytest

from deploy.local.ownership import claim, purge
from deploy.local.places import open_places
from deploy.local.stack import Needs, changing, processes_of, start_servers, stop
from schemas.data_folder import MARK_FILE, STACK_FILE
from schemas.errors import ConfigurationFault, UsageFault
from schemas.settings import load
from tests.local.observe import finish, left_over, pids, scrobbles

POSTGRES_ONLY = Needs(kafka=False)


def silent(_: str) -> None:
    return


def start(data: Path) -> str:
    """The address of a database that is started unless it runs."""
    with changing(data, silent) as places:
        start_servers(places, POSTGRES_ONLY, silent)
    return addresses(data)["database_url"]


def addresses(data: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((data / STACK_FILE).read_bytes())
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("holds", ["music.txt", "log", "run", ".hidden"])
def test_a_folder_that_holds_something_else_is_neither_used_nor_purged(data: Path, holds: str) -> None:
    (data / holds).mkdir(parents=True)
    (data / holds / "a.log").write_text("mine")
    for verb, said in (
        (["up"], f"{data} holds files that are not of a stack, such as {holds}: nothing was started"),
        (["down", "--purge", "--yes"], f"{data} never held a stack: nothing was deleted"),
    ):
        code, _, errors = finish(scrobbles(data, *verb))
        assert (code, said in errors) == (2, True), errors
    assert finish(scrobbles(data, "down"))[0] == 0
    assert names(data) == [holds, f"{holds}/a.log"]


def test_a_folder_is_adopted_where_that_is_meant_and_nothing_in_it_is_in_the_way(data: Path) -> None:
    (data / "log").mkdir(parents=True)
    with pytest.raises(UsageFault, match="has a folder log, which a stack needs"), changing(data, silent, adopt=True):
        pass
    (data / "log").rename(data / "mine")
    (data / "mine" / "kafka.log").write_text("mine")
    with changing(data, silent, adopt=True):
        pass
    with changing(data, silent):
        pass
    stop(data, silent, purging=True)
    assert names(data) == ["mine", "mine/kafka.log"]


@pytest.mark.parametrize("holds", ["lost+found", "lock"])
def test_a_new_file_system_and_an_interrupted_first_start_are_as_good_as_empty(data: Path, holds: str) -> None:
    data.mkdir()
    (data / holds).touch()
    with changing(data, silent):
        pass


def test_a_folder_of_a_version_without_marks_is_marked_and_purged(data: Path) -> None:
    open_places(data)
    with changing(data, silent):
        assert (data / MARK_FILE).exists()
    (data / MARK_FILE).unlink()
    stop(data, silent, purging=True)
    assert not data.exists()


def test_a_purge_deletes_what_the_stack_made_and_follows_no_link(data: Path) -> None:
    elsewhere = data.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kafka.log").write_text("mine")
    with changing(data, silent) as places:
        (places.servers / "kafka").mkdir()
        (places.servers / "kafka" / "link").symlink_to(elsewhere)
        (places.servers / "postgres").symlink_to(elsewhere)
        (data / "log").rmdir()
        (data / "log").symlink_to(elsewhere)
        for mine in (data / "mine", places.run / "mine", places.servers / "mine"):
            mine.touch()
    said: list[str] = []
    stop(data, said.append, purging=True)
    assert said == [f"{elsewhere} was not deleted, for {data / 'log'} is a link to it"]
    assert names(elsewhere) == ["kafka.log"]
    assert names(data) == ["mine", "run", "run/mine", "servers", "servers/mine"]


def test_a_copy_is_a_stack_of_its_own_and_leaves_the_original_alone(data: Path) -> None:
    url = start(data)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table original ()")
        connection.execute("checkpoint")
    running, copy = pids(data), data.with_name("copy")
    shutil.copytree(data, copy, symlinks=True)
    for path in (data / "servers").rglob("*"):
        owner = path.lstat()
        os.chown(copy / path.relative_to(data), owner.st_uid, owner.st_gid, follow_symlinks=False)
    try:
        assert processes_of(copy) == []
        assert load({"SCROBBLES_DATA": str(copy), "SCROBBLES_CONFIG": os.devnull}).settings.database_url is None
        stop(copy, silent)
        assert pids(data) == running
        own = start(copy)
        assert own != url
        assert not set(pids(copy).values()) & set(running.values())
        with psycopg.connect(own) as connection:
            assert connection.execute("select from original").fetchall() == []
        assert start(copy) == own
        assert start(data) == url
        assert pids(data) == running
    finally:
        stop(copy, silent, purging=True)
    assert (copy.exists(), pids(data), addresses(data)["database_url"]) == (False, running, url)


def test_a_moved_folder_keeps_working(data: Path) -> None:
    start(data)
    stop(data, silent)
    moved = data.with_name("moved")
    data.rename(moved)
    try:
        start(moved)
        assert set(pids(moved)) == {"postgres"}
    finally:
        stop(moved, silent, purging=True)
    assert not moved.exists()
    assert left_over(moved) == []


def test_servers_behind_a_link_stay_those_of_the_original_and_follow_a_folder_that_moves(data: Path) -> None:
    servers = data.parent / "servers"
    servers.mkdir()
    data.mkdir()
    (data / "servers").symlink_to(servers)
    claim(open_places(data))
    copy = data.with_name("copy")
    shutil.copytree(data, copy, symlinks=True)
    with pytest.raises(ConfigurationFault, match=f"{copy} is a copy of {data}: its servers are a link"):
        claim(open_places(copy))
    purge(open_places(copy), silent)
    assert servers.exists()
    data.rename(copy)
    claim(open_places(copy))

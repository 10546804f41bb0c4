"""The schema comes to head once, however many ask for it, and nobody works with another one."""

import os
import pwd
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from yoyo import read_migrations

from schemas.errors import ConfigurationFault
from schemas.settings import Settings
from sql.migrate import migrate, pending, require_head
from sql.one_session import OneSession
from tests.cli.commands import Commands, environment_of, eventually

FOLDER = Path(__file__).parents[2] / "sql" / "migrations"
MIGRATIONS = sorted(path.stem for path in FOLDER.glob("*.sql"))
WAITS_FOR_A_LOCK = (
    "select 1 from pg_stat_activity where application_name = 'scrobbles migrate'"
    " and datname = current_database() and wait_event_type = 'Lock' and wait_event <> 'advisory'"
)
UNKNOWN = "insert into _yoyo_migration (migration_hash, migration_id) values ('x', '9999_of_next_year')"


@pytest.fixture
def bare(bare_database: str, servers: tuple[str, str], tmp_path: Path) -> Commands:
    return Commands(Settings(tmp_path, servers[0], bare_database, "nobody", "nobody"), tmp_path)


def test_the_second_time_there_is_nothing_to_do(bare_database: str) -> None:
    with psycopg.connect(bare_database) as connection:
        assert pending(connection) == MIGRATIONS
    assert migrate(bare_database) == MIGRATIONS
    assert migrate(bare_database) == []
    with psycopg.connect(bare_database) as connection:
        require_head(connection)


def test_processes_that_migrate_at_once_all_succeed_and_one_of_them_did_it(bare: Commands) -> None:
    with ThreadPoolExecutor(3) as together:
        done = list(together.map(lambda _: bare.run("migrate"), range(3)))
    assert [command.code for command in done] == [0, 0, 0], [command.errors for command in done]
    for name in MIGRATIONS:
        assert [f"applied {name}" in command.errors for command in done].count(True) == 1


def test_one_that_is_killed_leaves_neither_a_lock_nor_half_a_migration(
    bare: Commands, bare_database: str, servers: tuple[str, str], tmp_path: Path
) -> None:
    environment = environment_of(Settings(tmp_path, servers[0], bare_database, "nobody", "nobody"), tmp_path)
    # In a migration; and between what it does and the note that it is done.
    for held in ("create table app_user ()", "lock table _yoyo_log"):
        with psycopg.connect(bare_database) as other, psycopg.connect(bare_database, autocommit=True) as looking:
            other.execute(held.encode())
            with killed(environment):
                eventually(lambda looking=looking: looking.execute(WAITS_FOR_A_LOCK).fetchone())  # type: ignore[misc]
            other.rollback()
    done = bare.run("migrate")
    assert done.code == 0, done.errors
    assert done.errors.count("applied ") == len(MIGRATIONS)
    assert "applied" not in bare.run("migrate").errors


@contextmanager
def killed(environment: dict[str, str]) -> Iterator[None]:
    """A `scrobbles migrate` that is killed at the end of the block."""
    process = subprocess.Popen([sys.executable, "-m", "cli", "migrate"], env=environment, cwd="/")
    try:
        yield
    finally:
        process.kill()
        process.wait()


def test_a_process_whose_user_has_no_name_migrates_too(bare_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    nobody = max(user.pw_uid for user in pwd.getpwall()) - 1
    with pytest.raises(KeyError):
        pwd.getpwuid(nobody)
    monkeypatch.setattr(os, "getuid", lambda: nobody)
    assert migrate(bare_database) == MIGRATIONS


def test_a_database_newer_than_the_program_is_left_alone(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(UNKNOWN)
        with pytest.raises(ConfigurationFault, match="9999_of_next_year"):
            require_head(connection)
    with pytest.raises(ConfigurationFault, match="newer than this program") as caught:
        migrate(database)
    assert caught.value.exit_code == 78


@pytest.mark.parametrize("state", ["bare", "newer"])
def test_a_worker_refuses_a_schema_that_is_not_its_own(
    commands: Commands, cluster: Settings, servers: tuple[str, str], state: str, bare_database: str
) -> None:
    assert cluster.database_url
    if state == "newer":
        with psycopg.connect(cluster.database_url, autocommit=True) as connection:
            connection.execute(UNKNOWN)
        worker = commands.worker()
        assert worker.ended() == 78
        assert "newer than this program" in worker.said
        return
    worker = commands.worker(SCROBBLES_DATABASE_URL=bare_database)
    assert worker.ended() == 78
    assert f"lacks the migration {MIGRATIONS[0]}" in worker.said
    assert "scrobbles migrate" in worker.said
    assert urlsplit(servers[1]).password or "" not in worker.said


def test_a_password_with_odd_characters_and_an_option_survive_the_way_to_the_migrations(
    bare_database: str, servers: tuple[str, str]
) -> None:
    parts = urlsplit(bare_database)
    with psycopg.connect(servers[1], autocommit=True) as connection:
        connection.execute("create role \"odd name\" superuser login password 'p@ss/w:rd %?#'")
    try:
        url = f"postgresql://odd%20name:p%40ss%2Fw%3Ard%20%25%3F%23@{parts.hostname}:{parts.port}{parts.path}"
        assert migrate(f"{url}?application_name=a%20b") == MIGRATIONS
    finally:
        with psycopg.connect(servers[1], autocommit=True) as connection:
            with psycopg.connect(bare_database, autocommit=True) as owned:
                owned.execute('drop owned by "odd name"')
            connection.execute('drop role "odd name"')


def migrate_up_to(database_url: str, last: str) -> None:
    with OneSession(database_url) as session, session.lock():
        wanted = session.to_apply(read_migrations(str(FOLDER)))
        session.apply_migrations(wanted.filter(lambda migration: migration.id <= last))


def test_names_that_were_stored_decomposed_are_composed(bare_database: str) -> None:
    composed = ["Sigur R\u00f3s", "\u1ec7", "\ud55c\uad6d", "AC/DC", "\u30ac"]
    names = [unicodedata.normalize("NFD", name) for name in composed]
    assert names != composed
    migrate_up_to(bare_database, "0010_people")
    with psycopg.connect(bare_database) as connection:
        for name in [*names, *composed]:
            one = {"id": uuid4(), "name": name}
            connection.execute("insert into artist (id, name, name_rank) values (%(id)s, %(name)s, 0)", one)
            connection.execute(
                "insert into album (id, artist_id, name, name_rank) values (%(id)s, %(id)s, %(name)s, 0)", one
            )
            connection.execute(
                "insert into track (id, artist_id, album_id, album_guessed, name, name_rank)"
                " values (%(id)s, %(id)s, %(id)s, 0, %(name)s, 0)",
                one,
            )
    assert migrate(bare_database) == [name for name in MIGRATIONS if name > "0010_people"]
    with psycopg.connect(bare_database) as connection:
        for table in ("artist", "album", "track"):
            stored = [name for (name,) in connection.execute(f"select name from {table}")]  # noqa: S608
            assert sorted(stored) == sorted(composed * 2)

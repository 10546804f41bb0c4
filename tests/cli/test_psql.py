"""The database is the person's: psql opens it, and its full address can be had."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.local.postgres_programs import find_psql
from tests.cli.commands import Commands
from tests.cli.here import Here

GIVEN = "p@ss/w rd'"


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH with a psql that tells how it was called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "psql"
    program.write_text('#!/bin/sh\nprintf "%s|" "$@"\necho "password=$PGPASSWORD"\n')
    program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_psql_opens_the_database(commands: Commands) -> None:
    done = commands.run("psql", "-X", "-A", "-t", "-c", "select current_database(), count(*) from play")
    assert (done.code, done.errors) == (0, "")
    assert done.output == f"{urlsplit(commands.environment['SCROBBLES_DATABASE_URL']).path[1:]}|0\n"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:p%40ss%2Fw%20rd%27@db.example:5433/music?sslmode=require&sslpassword=other",
        "host=db.example port=5433 dbname=music user=me password='p@ss/w rd\\'' sslmode=require sslpassword=other",
    ],
)
def test_the_password_is_no_argument(commands: Commands, path: str, url: str) -> None:
    done = commands.run("psql", "-c", "select 1", "--csv", PATH=path, SCROBBLES_DATABASE_URL=url)
    assert done.code == 0, done.errors
    arguments, _, password = done.output.rpartition("|")
    assert password == f"password={GIVEN}\n"
    assert GIVEN not in arguments
    assert "other" not in arguments
    assert {"host=db.example", "port=5433", "dbname=music", "user=me", "sslmode=require"} <= {
        *arguments.split("|")[1].split()
    }
    assert arguments.endswith("|-c|select 1|--csv")


def test_a_password_of_the_person_stays_in_force(commands: Commands, path: str) -> None:
    url = "postgresql://me@db.example/music"
    done = commands.run("psql", PATH=path, SCROBBLES_DATABASE_URL=url, PGPASSWORD="mine")
    assert done.output.endswith("|password=mine\n")


def test_the_newest_psql_of_debian_is_found_without_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for version in ("9", "15", "18"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        (folder / "psql").touch(0o755)
    assert find_psql(tmp_path) == tmp_path / "18" / "bin" / "psql"


def test_without_a_database_nothing_is_opened(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCROBBLES_DATABASE_URL")
    done = here.run("psql")
    assert (done.code, done.output) == (69, "")
    assert "`scrobbles up`" in done.errors


def test_secrets_are_shown_only_where_they_are_asked_for(here: Here) -> None:
    url = "postgresql://me:verysecret@db.example/music"
    variables = {"SCROBBLES_DATABASE_URL": url, "SCROBBLES_KAFKA__SASL_GIVEN": "other"}
    for flags in [], ["--json"]:
        assert url not in here.run("config", "show", *flags, **variables).output
        shown = here.run("config", "show", "--secrets", *flags, **variables).output
        assert url in shown
        assert "other" in shown

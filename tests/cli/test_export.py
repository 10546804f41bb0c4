"""`scrobbles export`: to stdout or into a file, whole or not at all."""

import datetime as dt
import io
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from consumers.listens.store import Store
from producers.exports import read_export
from schemas.listen import Listen, Track
from schemas.settings import Settings
from tests.cli.commands import environment_of
from tests.cli.here import Here
from tests.consumers.logs import NOW, PARTITION, new_source, run_of, save, value

HISTORY = [Listen(NOW + at, Track(("Björk", "Sjón"), f"Song {at}", "Homogenic"), 1_000 + at) for at in range(9)]


@pytest.fixture(autouse=True)
def stored(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        source = new_source(connection)
    with closing(Store(database)) as store:
        store.next_offsets([PARTITION])
        save(store, run_of([value(listen, source) for listen in reversed(HISTORY)]))


def test_everything_goes_to_stdout_oldest_first(here: Here) -> None:
    done = here.run("export")
    assert (done.code, list(read_export(io.BytesIO(done.output.encode())))) == (0, HISTORY), done.errors
    assert "9 plays written" in done.errors


@pytest.mark.parametrize("format_", ["scrobbles", "listenbrainz", "koito", "maloja", "csv"])
def test_a_file_takes_its_name_when_it_is_whole(here: Here, tmp_path: Path, format_: str) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    path = folder / "plays"
    path.write_text("what was there before")
    done = here.run("export", "--format", format_, "--output", str(path))
    assert (done.code, done.output) == (0, ""), done.errors
    assert f"9 plays written to {path}" in done.errors
    assert list(folder.iterdir()) == [path]
    assert len(list(read_export(path))) == 9


def test_an_export_tells_when_it_was_written(here: Here) -> None:
    before = int(time.time())
    maloja, koito = (here.run("export", "--format", format_).answer for format_ in ("maloja", "koito"))
    written = [maloja["maloja"]["export_time"], dt.datetime.fromisoformat(koito["exported_at"]).timestamp()]
    assert all(before <= moment <= time.time() for moment in written)


def test_a_file_that_fails_leaves_the_one_that_was_there(here: Here, tmp_path: Path, database: str) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    path = folder / "plays"
    path.write_text("what was there before")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("alter table track_guest rename to away")
    assert here.run("export", "--output", str(path)).code == 78
    assert list(folder.iterdir()) == [path]
    assert path.read_text() == "what was there before"


def test_what_cannot_be_written_is_said_in_one_sentence(here: Here, tmp_path: Path) -> None:
    done = here.run("export", "--output", str(tmp_path / "missing" / "plays"))
    assert (done.code, "cannot be written: No such file or directory" in done.errors) == (2, True)
    assert here.run("export", "--format", "mp3").code == 2
    done = here.run("export", "--user", "bob")
    assert (done.code, "nobody called bob" in done.errors) == (2, True)


def test_a_reader_that_has_seen_enough_is_no_bug(settings: Settings, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "export"],
        env=environment_of(settings, tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert (process.wait(60), process.stderr.read()) == (1, b"")

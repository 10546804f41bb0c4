"""`scrobbles export`: to stdout or into a file, whole or not at all."""

import datetime as dt
import io
import json
import os
import subprocess
import sys
import threading
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
from tests.cli.malojas import row, write
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


def output_of(line: str, settings: Settings, folder: Path) -> bytes:
    """What `line` of a shell writes to stdout; in it `export` is our verb."""
    program = f'export_() {{ {sys.executable} -m cli export "$@"; }}; {line.replace("export", "export_")}'
    environment = environment_of(settings, folder) | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", program], env=environment, cwd=folder, capture_output=True, check=False
    )
    assert (done.returncode, b"9 plays written" in done.stderr) == (0, True), done
    return done.stdout


@pytest.mark.parametrize(
    "line",
    [
        "export",
        "export --output -",
        "export --output /dev/stdout",
        "export --output /dev/stdout > x; cat x",
        "echo first > x; export --output /dev/stdout >> x; [ $(head -1 x) = first ]; tail -n +2 x",
        "export --output /dev/fd/3 3>&1",
        "export --output >(cat > y); wait $!; cat y",
        "mkfifo x; cat x & export --output x; wait $!; [ -p x ]",
        "touch real; ln -s real x; export --output x; [ -L x ]; cat real",
        "mkdir f; ln -s f/new x; export --output x; [ -L x ]; cat f/new; [ $(ls -A f) = new ]",
        "touch x; chmod 600 x; export --output x; [ $(stat -c %a x) = 600 ]; cat x",
        "touch x; chmod 664 x; umask 077; export --output x; [ $(stat -c %a x) = 664 ]; cat x",
        "umask 027; export --output x; [ $(stat -c %a x) = 640 ]; cat x",
        "x=$(printf 'x%.0s' {1..255}); export --output $x; cat $x",
        r"export --output $'x\xfc'; cat $'x\xfc'",
    ],
)
def test_whatever_is_named_for_output_stays_what_it_is_and_gets_every_play(
    settings: Settings, tmp_path: Path, line: str
) -> None:
    written = output_of(line, settings, tmp_path)
    assert list(read_export(io.BytesIO(written))) == HISTORY


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("", 2, "the name of the file to write is empty"),
        (".", 2, ". is a folder"),
        ("/", 2, "/ is a folder"),
        ("missing/x", 2, "missing/x cannot be written: No such file or directory"),
        ("loop", 2, "loop cannot be written: Too many levels of symbolic links"),
        ("y" * 300, 2, "cannot be written: File name too long"),
        ("/dev/full", 1, "/dev/full cannot be written: No space left on device\n  free some disk space"),
    ],
)
@pytest.mark.parametrize("verb", [("export", "--output"), ("import", "--dry-run", "x.json", "--rejects")])
def test_what_cannot_be_written_is_told_in_one_sentence(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: list[str], name: str, code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    write(tmp_path, "x.json", row(1, ""))
    done = here.run(*verb, name)
    assert (done.code, said in done.errors) == (code, True), done
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loop", "x.json"]


def test_rejects_of_several_exports_go_into_one_pipe_and_one_stdout(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("x.json", "y.json"):
        write(tmp_path, name, row(1, ""))
    os.mkfifo("pipe")
    received: list[bytes] = []
    reading = threading.Thread(target=lambda: received.append(Path("pipe").read_bytes()))
    reading.start()
    assert here.run("import", "--dry-run", "x.json", "y.json", "--rejects", "pipe").code == 3
    reading.join()
    done = here.run("import", "--dry-run", "x.json", "y.json", "--rejects", "-")
    assert done.code == 3
    lines = [line for line in done.output.splitlines() if line.startswith("{")]
    assert lines == received[0].decode().splitlines()
    assert [json.loads(line)["file"] for line in lines] == ["x.json", "y.json"]

"""What may be wrong around an export: the pipe or folder it comes from, the disk for its rejects, the database."""

import os
import re
import threading
from pathlib import Path

import psycopg

from schemas.settings import Settings
from tests.cli.commands import Commands, Worker
from tests.cli.malojas import export, row, write

DRY = ("import", "--dry-run", "--json")


def test_a_pipe_with_a_name_is_read_to_its_end(commands: Commands, worker: Worker, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for code, inserted in ((0, 3), (0, 3)):
        writing = threading.Thread(target=pipe.write_bytes, args=(export(row(1), row(2), row(3)),))
        writing.start()
        done = commands.run("import", str(pipe), "--json")
        writing.join()
        assert (done.code, done.answer["inserted"]) == (code, inserted), done.errors
    assert "nothing new" in done.errors
    worker.require_alive()


def test_a_folder_that_is_no_export_does_not_keep_the_others_from_being_read(
    commands: Commands, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(10_001):
        (folder / str(number)).touch()
    done = commands.run(*DRY, str(folder), write(tmp_path, "x.json", row(1)))
    assert done.code == 65
    assert "10,001 files" in done.errors
    assert done.answer[0]["accepted"] == 1


def test_a_full_disk_under_the_rejects_fails_the_import_and_says_so(
    commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
) -> None:
    path = write(tmp_path, "x.json", row(1), row(2, ""))
    done = commands.run("import", path, "--no-wait", "--rejects", "/dev/full")
    assert done.code == 1
    assert "/dev/full cannot be written: No space left on device\n  free some disk space" in done.errors
    assert connection.execute("select state from source").fetchone() == ("failed",)
    worker.require_alive()


def test_a_dry_run_beside_a_database_without_our_tables_tells_all_but_what_would_be_new(
    commands: Commands, settings: Settings, tmp_path: Path
) -> None:
    empty = re.sub(r"/[^/?]+(?=$|\?)", "/template1", settings.database_url or "")
    done = commands.run(*DRY, write(tmp_path, "x.json", row(1)), SCROBBLES_DATABASE_URL=empty)
    assert (done.code, done.answer["accepted"], done.answer["inserted"]) == (0, 1, None), done.errors
    assert "what would be new is not known" in done.errors

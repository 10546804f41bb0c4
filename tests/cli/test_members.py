"""The report of an import tells what became of every file of it, also later and after a crash."""

import gzip
import os
import signal
from pathlib import Path

import psycopg

from tests.cli.commands import Commands, Worker
from tests.cli.malojas import export, row, write

# More than one checkpoint is in them.
MANY = 120_000
ANSI = export(row(1, "Jóga")).decode().encode("cp1252")


def test_what_was_not_read_is_in_the_report_then_and_later(commands: Commands, worker: Worker, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    write(folder, "a.json", row(1), row(2))
    (folder / "b.json").write_bytes(b"")
    (folder / "c.pdf").write_bytes(b"%PDF-1.7")
    expected = [
        {"name": "a.json", "read": True, "format": "maloja"},
        {
            "name": "b.json",
            "read": False,
            "kind": "empty",
            "reason": "it is empty",
            "hint": "The file is not complete: export or download it again.",
        },
        {"name": "c.pdf", "read": False, "kind": "unrelated", "reason": "it looks like a PDF document"},
    ]
    first = commands.run("import", str(folder), "--json")
    again = commands.run("import", str(folder), "--json")
    rehearsed = commands.run("import", str(folder), "--json", "--dry-run")
    assert [(done.code, done.answer["members"]) for done in (first, again, rehearsed)] == [(3, expected)] * 3
    assert "nothing new" in again.errors
    assert commands.run("jobs", "show", "1", "--json").answer["members"] == expected
    (listed,) = commands.run("jobs", "list", "--json").answer
    assert "members" not in listed
    lines = commands.run("jobs", "show", "1").output.splitlines()
    assert "not read: b.json: it is empty" in lines
    assert "not read, and not needed: c.pdf" in lines
    worker.require_alive()


def test_an_import_of_a_folder_that_was_killed_still_knows_what_became_of_its_files(
    commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
) -> None:
    folder = tmp_path / os.fsdecode(b"d\xfc")
    folder.mkdir()
    (folder / "0.json").write_bytes(export(row(1))[:-30])
    (folder / "1.json").write_bytes(export(row(1), row(2))[:-30])
    (folder / "2.json").write_bytes(ANSI)
    (folder / "3.json.gz").write_bytes(gzip.compress(export(*(row(second) for second in range(MANY)))))
    (folder / "4.json").write_bytes(b"")
    killed = commands.run("import", str(folder), SCROBBLES_FAILPOINT="noted:kill")
    assert killed.code == -signal.SIGKILL
    done = commands.run("jobs", "resume", "1", "--json")
    assert done.code == 65, done.errors
    assert "1.json" in done.errors
    assert r"d\xfc" in done.answer["file"]
    assert [(one["read"], one.get("kind"), "note" in one) for one in done.answer["members"]] == [
        (False, "damaged", False),
        (True, "broken_off", False),
        (True, None, True),
        (True, None, False),
        (False, "empty", False),
    ]
    assert [done.answer[key] for key in ("state", "rows", "inserted")] == ["failed", MANY + 2, MANY + 1]
    (read,) = connection.execute("select sum(read) from source_count").fetchone() or (0,)
    assert MANY <= read < 2 * MANY  # it did not begin again
    worker.require_alive()


def test_a_person_reads_how_a_text_was_taken(commands: Commands, worker: Worker) -> None:
    done = commands.run("import", "-", given=gzip.compress(ANSI))
    assert done.code == 0, done.errors
    assert "stdin: read as Windows-1252, for it is not UTF-8" in done.output
    worker.require_alive()


def test_a_file_that_is_none_of_the_format_named_is_refused(
    commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
) -> None:
    path = write(tmp_path, "x.json", row(1))
    done = commands.run("import", path, "--format", "spotify", "--json")
    assert (done.code, done.output) == (65, "")
    assert "x.json is no spotify export: it is an export of the format maloja" in done.errors
    assert connection.execute("select count(*) from source").fetchone() == (0,)
    worker.require_alive()

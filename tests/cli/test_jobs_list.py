"""`jobs list` on a terminal of any width, and how the report tells the way to its skipped rows."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from schemas.settings import Settings
from tests.cli.commands import Commands
from tests.cli.malojas import row, write

FILES = {"My scrobbles of the old player, kept.json": 3, "x.json": 1}
ALWAYS = {"job", "file", "state", "inserted"}


def on_terminal(commands: Commands, width: int, *arguments: str) -> list[str]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    environment = {name: value for name, value in commands.environment.items() if name != "COLUMNS"}
    with subprocess.Popen(
        [sys.executable, "-m", "cli", *arguments],
        env=environment | {"TERM": "xterm"},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(theirs)
        written = _all_of(ours)
    assert process.returncode == 0
    return re.sub(r"\x1b\[[\d;]*m", "", written.decode()).splitlines()


def _all_of(descriptor: int) -> bytes:
    pieces = []
    with open(descriptor, "rb", buffering=0) as file:
        try:
            while piece := file.read(65_536):
                pieces.append(piece)
        except OSError:
            # So Linux says that the other side was closed.
            pass
    return b"".join(pieces)


@pytest.fixture
def imported(commands: Commands, cluster: Settings, tmp_path: Path) -> Commands:
    assert cluster
    for name, count in FILES.items():
        path = write(tmp_path, name, *(row(second) for second in range(count)), row(9, ""))
        assert commands.run("import", path, "--no-wait").code == 3
    return commands


def test_jobs_list_fits_a_terminal_of_any_width(imported: Commands) -> None:
    assert imported.run("jobs", "list").output.splitlines()[0].split() == [
        *("job", "begun", "user", "file", "state", "rows", "skipped", "inserted", "duplicate", "dead"),
    ]
    whole = {word for line in on_terminal(imported, 140, "jobs", "list") for word in line.split()}
    for width, wanted in ((120, 10), (80, 8), (60, 5), (44, 4)):
        lines = on_terminal(imported, width, "jobs", "list")
        assert max(map(len, lines)) <= width
        assert len(lines[0].split()) >= wanted
        assert set(lines[0].split()) >= ALWAYS
        assert {word for line in lines for word in line.split()} <= whole


@pytest.mark.parametrize("width", [80, 60])
def test_a_report_uses_the_width_there_is_and_breaks_no_word(imported: Commands, width: int) -> None:
    lines = on_terminal(imported, width, "jobs", "show", "1")
    assert max(len(line) for line in lines if not line.startswith("  scrobbles ")) <= width
    # Not as narrow as the table below it.
    assert max(map(len, lines[:2])) > width // 2
    assert "waiting" in " ".join(lines).split()


def test_the_report_tells_how_to_see_what_was_skipped(imported: Commands, tmp_path: Path) -> None:
    path = str(tmp_path / "x.json")
    rejects = str(tmp_path / "skipped.jsonl")
    shown = imported.run("jobs", "show", "2").output
    command = f"  scrobbles import {path} --dry-run --rejects skipped.jsonl"
    assert command in shown.splitlines()
    assert command in on_terminal(imported, 60, "jobs", "show", "2")  # in one piece, to be copied
    done = imported.run("import", path, "--dry-run", "--rejects", rejects)
    assert f"the skipped rows are in {rejects}" in done.output
    assert "to see" not in done.output
    assert [json.loads(line)["row"] for line in Path(rejects).read_text().splitlines()] == [2]
    assert "skipped rows" not in imported.run("import", write(tmp_path, "whole.json", row(5)), "--dry-run").output

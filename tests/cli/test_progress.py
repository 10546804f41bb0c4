"""A wait that does not get on: why, and since when, instead of the time that was left before."""

import http.server
import io
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from cli import progress
from cli.progress import watching
from deploy.local.places import write_atomically
from deploy.local.processes import About, Process
from producers.jobs.progress import Step
from schemas.settings import Settings

FULL = "the disk of the database is full"
MOVING = Step("storing", 10, 100, 0.1)
MOVED = Step("storing", 20, 100, 0.2)
STALLED = Step("storing", 10, 100, 0.1, "nothing is being stored")


class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503)
        self.end_headers()
        self.wfile.write(f'{{"reasons": ["{FULL}"]}}'.encode())

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def settings_of_stack(tmp_path: Path) -> Iterator[Settings]:
    """Of a stack with a worker that says why it stores nothing."""
    data = tmp_path / "data"
    with http.server.HTTPServer(("127.0.0.1", 0), Ready) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        about = About("consumer", "1", "", {"health": f"http://127.0.0.1:{server.server_port}"})
        started = psutil.Process().create_time() - psutil.boot_time()
        (data / "run").mkdir(parents=True)
        write_atomically(data / "run" / "consumer-1.json", Process("consumer-1", os.getpid(), started, about))
        yield Settings(data)
        server.shutdown()
        serving.join()


def test_a_stalled_wait_says_once_why_and_what_its_workers_say(
    settings_of_stack: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    with watching("x.json", settings_of_stack) as watch:
        for step in (MOVING, STALLED, STALLED, MOVING, STALLED, MOVED, STALLED):
            watch(step)
    assert capfd.readouterr().err == 2 * f"nothing is being stored\nconsumer-1: {FULL}\n"


def test_a_stalled_bar_shows_since_when_and_no_time_left(
    settings_of_stack: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(progress, "err", Console(file=written, force_terminal=True, width=100, color_system=None))
    with watching("x.json", settings_of_stack) as watch:
        watch(MOVING)
        watch(STALLED)
    bars = [line for line in re.split(r"[\r\n]", written.getvalue()) if "storing" in line]
    assert re.search(r"stalled since \d\d:\d\d:\d\d", bars[-1])
    assert "10 of 100" not in bars[-1]
    assert len(re.findall(r"\d:\d\d", bars[-1])) == 1

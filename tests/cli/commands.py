"""Runs `scrobbles` as a person or a service manager does: as a process, with an environment."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from cli.health import lag_of, positions_of
from schemas.settings import PREFIX, Settings
from schemas.topics import Lane

SECONDS = 60.0


class Finished(NamedTuple):
    """How a command ended and what it said."""

    code: int
    output: str
    errors: str

    @property
    def answer(self) -> Any:
        return json.loads(self.output)


class Worker:
    """A `scrobbles consume`; it writes to `log`."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def said(self) -> str:
        return self._log.read_text("utf-8")

    @property
    def inserted(self) -> int:
        """What it stored itself, if it runs with SCROBBLES_LOG=debug and SCROBBLES_LOG_FORMAT=json."""
        events = (
            json.loads(line) for line in self.said.splitlines(keepends=True) if line[:1] == "{" and line[-1] == "\n"
        )
        return sum(event["inserted"] for event in events if event["event"] == "stored")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self) -> int:
        return self.process.wait(SECONDS)

    def require_alive(self) -> None:
        assert self.process.poll() is None, f"a worker has ended with {self.process.returncode}:\n{self.said}"


class Commands:
    """`scrobbles` for one set of settings."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.folder = folder
        self.environment = environment_of(settings, folder)
        self._workers: list[Worker] = []

    def run(self, *arguments: str, given: bytes = b"", **variables: str) -> Finished:
        done = subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            env=self.environment | variables,
            cwd="/",
            input=given,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
        return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())

    def worker(self, *arguments: str, program: Sequence[str] = ("cli",), **variables: str) -> Worker:
        log = self.folder / f"worker-{len(self._workers)}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", *program, "consume", *arguments],
                env=self.environment | variables,
                cwd="/",
                stdout=file,
                stderr=file,
            )
        started = Worker(process, log)
        self._workers.append(started)
        return started

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.process.kill()
            worker.process.wait()


def lag(settings: Settings) -> dict[Lane, int]:
    """The messages of each lane that are not stored yet."""
    return lag_of(positions_of(settings), settings)


def environment_of(settings: Settings, folder: Path) -> dict[str, str]:
    """The environment in which these settings hold, whatever the person who runs the tests has set."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    chosen = {
        "DATA": str(settings.data),
        "KAFKA": settings.kafka,
        "DATABASE_URL": settings.database_url,
        "TOPIC_PREFIX": settings.topic_prefix,
        "GROUP": settings.group,
    }
    chosen |= {f"KAFKA__{name.replace('.', '_').upper()}": value for name, value in settings.kafka_properties.items()}
    ours = {f"{PREFIX}{name}": value for name, value in chosen.items() if value is not None}
    return inherited | ours | {"XDG_CONFIG_HOME": str(folder), "COLUMNS": "200", "TZ": "UTC"}


def eventually(condition: Callable[[], object], *workers: Worker, seconds: float = SECONDS) -> None:
    """Return once it is true. Fails after `seconds`, and at once when one of the workers has ended."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        for worker in workers:
            worker.require_alive()
        assert time.monotonic() < deadline, "\n".join(["it never came true", *(worker.said for worker in workers)])
        pause.wait(0.02)


def ask(address: str, path: str) -> tuple[int, str]:
    """Status and text of what a worker answers at `address_of` it."""
    try:
        with urllib.request.urlopen(f"{address}{path}", timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def address_of(worker: Worker) -> str:
    eventually(lambda: "health=http://" in worker.said, worker)
    found = re.search(r"health=(http://\S+)", worker.said)
    assert found
    return found[1]

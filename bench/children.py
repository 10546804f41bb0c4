"""Processes that are measured: how long each ran, what the processor and the memory of the machine gave it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from schemas.errors import Fault

_LOG_TAIL_LINES = 12
# The error of what `wait_beside` measures.
_GLANCE_SECONDS = 0.005
_RSS_UNIT = 1 if sys.platform == "darwin" else 1_024
MEGABYTE = 1_000_000


class Ended(NamedTuple):
    """What a process printed on stdout and used: seconds from its start to its end, and of the processor; peak memory.

    Linux counts what the parent held at the moment of the start as a child's, so `peak_mb` is never below the peak of
    this process, which is kept small: whatever is big runs in processes of its own.
    """

    output: bytes
    seconds: float
    cpu_seconds: float
    peak_mb: float


class Child:
    """`python -m …` as a process that is waited for, or ended by its pid."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        """Start it; stderr goes to the log."""
        self._name = " ".join(arguments[:2])
        self._log = log
        self._begun = time.monotonic()
        # A file and no pipe: nobody needs to read along, so it can never be full.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed once it was read
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=errors,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None and _exit_of(self._process) is None

    def wait(self) -> Ended:
        """Until it ends by itself. Raises Fault, with the end of its log, unless its exit code is 0."""
        _, status, used = os.wait4(self._process.pid, 0)
        seconds = time.monotonic() - self._begun
        self._process.returncode = os.waitstatus_to_exitcode(status)
        with self._output as file:
            file.seek(0)
            output = file.read()
        if self._process.returncode:
            raise Fault(f"{self._name} ended with exit code {self._process.returncode}", self._tail())
        return Ended(output, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * _RSS_UNIT / MEGABYTE)

    def wait_beside(self, others: Iterable["Child"]) -> Ended:
        """The same; raises Fault also when one of the others fails, without which this one might wait for ever."""
        others = list(others)
        while _exit_of(self._process) is None:
            for other in others:
                other.must_be_well()
            time.sleep(_GLANCE_SECONDS)
        return self.wait()

    def end(self) -> Ended:
        """Ask it to end, and wait. Raises Fault, with the end of its log, unless its exit code is 0."""
        self._process.terminate()
        return self.wait()

    def discard(self) -> None:
        """Kill it if it runs still; for the way out after an error."""
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()
            self._output.close()

    def must_be_well(self) -> None:
        """Raise Fault, with the end of its log, if it has failed."""
        if self._process.returncode is None and _exit_of(self._process):
            self.wait()

    def _tail(self) -> str:
        lines = self._log.read_text("utf-8", "replace").splitlines()
        return "\n  ".join(["the end of what it said:", *lines[-_LOG_TAIL_LINES:]])


def _exit_of(process: subprocess.Popen[bytes]) -> int | None:
    """How it ended, 0 for well; None while it runs. It stays to be reaped, for only that tells what it used."""
    found = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    return None if found is None else found.si_status

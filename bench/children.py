"""Processes that are measured: how long each ran, what the processor and the memory of the machine gave it."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from schemas.errors import Fault

_LOG_TAIL_LINES = 12
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
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    def wait(self) -> Ended:
        """Until it ends by itself. Raises Fault, with the end of its log, unless its exit code is 0."""
        stdout = self._process.stdout
        output = stdout.read() if stdout else b""
        return self._reaped(output)

    def end(self) -> Ended:
        """Ask it to end, and wait. Raises Fault, with the end of its log, unless its exit code is 0."""
        self._process.terminate()
        return self.wait()

    def discard(self) -> None:
        """Kill it if it runs still; for the way out after an error."""
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()

    def must_run(self) -> None:
        """Raise Fault, with the end of its log, if it has ended."""
        if os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            self.wait()
            raise Fault(f"{self._name} ended", self._tail())

    def _reaped(self, output: bytes) -> Ended:
        _, status, used = os.wait4(self._process.pid, 0)
        seconds = time.monotonic() - self._begun
        code = self._process.returncode = os.waitstatus_to_exitcode(status)
        if code:
            raise Fault(f"{self._name} ended with exit code {code}", self._tail())
        peak = used.ru_maxrss * _RSS_UNIT / MEGABYTE
        return Ended(output, seconds, used.ru_utime + used.ru_stime, peak)

    def _tail(self) -> str:
        lines = self._log.read_text("utf-8", "replace").splitlines()
        return "\n  ".join(["the end of what it said:", *lines[-_LOG_TAIL_LINES:]])

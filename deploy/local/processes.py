"""Processes that outlive the command that started them: start, find again, stop.

A record on disk names each by pid and by the moment it started. A pid alone proves nothing: after a crash the same
number may belong to somebody else's process, which must not be taken for ours and never be killed.
"""

import errno
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil

from deploy.local.account import Account, as_account
from deploy.local.places import Places, Say, write_atomically
from deploy.local.signals import held_back
from schemas.data_folder import is_copied
from schemas.errors import DependencyGone

# A process that has not ended after this long is killed. Postgres writes out its buffers meanwhile.
STOP_SECONDS = 30.0
# After a crash a server goes through its log before it answers: Postgres up to 4 GB, Kafka the open segments.
READY_SECONDS = 180.0
NOTICE_SECONDS = 5.0
LOG_TAIL_LINES = 12


class Program(NamedTuple):
    """What to run: the name under which it is found again, the command, and its surroundings."""

    name: str
    command: list[str]
    folder: Path
    environment: Mapping[str, str]
    account: Account | None = None


class About(msgspec.Struct, frozen=True):
    """What a process is, for people, and the settings by which others reach it."""

    kind: str
    version: str
    address: str
    settings: dict[str, str] = {}


class Ended(msgspec.Struct, frozen=True):
    """How a supervised process ended, and whether it is started again.

    Its exit code (a signal is negative), why, the remedy, and the event that it named.
    """

    code: int
    sentence: str
    again: bool
    hint: str = ""
    event: str = ""

    def told(self) -> str:
        """In one line, but for the remedy."""
        return f"{self.code}{self.event and ' '}{self.event}: {self.sentence}"


class Process(msgspec.Struct, frozen=True):
    """One started process. `started` counts from the boot of the machine: setting the clock does not change it."""

    name: str
    pid: int
    started: float
    about: About
    ended: Ended | None = None

    def is_running(self) -> bool:
        """Whether this very process, not another one with its number, still runs."""
        found = _process(self.pid)
        return found is not None and abs(_started(found) - self.started) < _ONE_TICK


_ONE_TICK = 0.01
# Our own children stay zombies until they are asked after; without these they would count as running.
_children: list[subprocess.Popen[bytes]] = []


def start(places: Places, program: Program, about: About) -> Process:
    """Start a process in a session of its own, its output in its log, and record it. Waits for nothing."""
    with held_back(), open(places.log / f"{program.name}.log", "ab") as log:
        child = subprocess.Popen(
            program.command,
            cwd=program.folder,
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **as_account(program.account),
        )
        _children.append(child)
        process = Process(program.name, child.pid, _started(psutil.Process(child.pid)), about)
        try:
            record(places, process)
        except OSError:
            child.kill()  # what is not on record is never found again
            raise
    return process


def record(places: Places, process: Process) -> None:
    """Write down what is known of a process."""
    write_atomically(_record(places, process.name), process)


def exit_code(process: Process) -> int | None:
    """How a child of ours ended, told once; None while it runs, and for any other process."""
    # The newest first: an older one that nobody asked after may have had the same number.
    for child in reversed(_children):
        if child.pid == process.pid:
            if child.poll() is not None:
                _children.remove(child)
            return child.returncode
    return None


def recorded(places: Places) -> list[Process]:
    """Every process that was started and not stopped by us, running or not, by name.

    In a copied folder there are none: its records are of processes of the original.
    """
    if is_copied(places.data):
        return []
    found = (_read(path) for path in places.run.glob("*.json"))
    return sorted((process for process in found if process), key=lambda process: process.name)


def _read(path: Path) -> Process | None:
    """None for one that a `down` deletes at this moment, or that a power cut left empty."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Process)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def running(places: Places) -> dict[str, Process]:
    """Those that run, by name."""
    return {process.name: process for process in recorded(places) if process.is_running()}


def wait_until(ready: Callable[[], bool], places: Places, process: Process, say: Say) -> None:
    """Return once it is ready. Raises DependencyGone if the process ends or READY_SECONDS pass."""
    begun = time.monotonic()
    notice = begun + NOTICE_SECONDS
    while not ready():
        must_run(places, process)
        if time.monotonic() > begun + READY_SECONDS:
            path = places.log / f"{process.name}.log"
            raise DependencyGone(f"{process.name} does not answer on {process.about.address}", f"see {path}")
        if time.monotonic() > notice:
            say(f"{process.name} takes long, as after a crash, when it repairs its files; waiting")
            notice = float("inf")
        time.sleep(0.02)
    must_run(places, process)


def must_run(places: Places, process: Process) -> None:
    """Raise DependencyGone, with the end of its log, if the process has ended."""
    if process.is_running():
        return
    path = places.log / f"{process.name}.log"
    tail = path.read_text("utf-8", "replace").splitlines()[-LOG_TAIL_LINES:]
    is_full = any(os.strerror(errno.ENOSPC) in line for line in tail)
    why = f": the disk under {places.servers} is full" if is_full else ""
    raise DependencyGone(f"{process.name} ended instead of starting{why}", "\n".join([f"the end of {path}:", *tail]))


def stop(places: Places, processes: Iterable[Process], say: Say, number: int = signal.SIGTERM) -> None:
    """Ask these processes to end, and wait; after STOP_SECONDS they are killed. Forgets their records."""
    processes = list(processes)
    alive = {process.pid: process for process in processes if process.is_running()}
    for pid in alive:
        _send(pid, number)
    deadline = time.monotonic() + STOP_SECONDS
    for process in _survivors(alive.values(), deadline):
        say(f"{process.name} did not end within {STOP_SECONDS:.0f} s and is killed")
        _send(process.pid, signal.SIGKILL)
    _survivors(alive.values(), deadline + STOP_SECONDS)
    for process in processes:
        _record(places, process.name).unlink(missing_ok=True)


def end_strays(folder: Path, name: str) -> None:
    """Kill programs of this name that work in this folder, which is a server's own.

    Children of a Postgres that was killed linger, and so does a server whose `up` was killed before it wrote the
    record; both would keep a new server from starting.
    """
    strays = [process for process in psutil.process_iter(["name"]) if process.info["name"] == name]
    strays = [process for process in strays if folder_of(process) == folder]
    for process in strays:
        _send(process.pid, signal.SIGKILL)
    psutil.wait_procs(strays, timeout=STOP_SECONDS)


def _survivors(processes: Iterable[Process], deadline: float) -> list[Process]:
    left = list(processes)
    while left and time.monotonic() < deadline:
        left = [process for process in left if process.is_running()]
        time.sleep(0.01)
    return left


def _process(pid: int) -> psutil.Process | None:
    for child in _children:
        child.poll()
    try:
        found = psutil.Process(pid)
        # In a container without an init process the ended ones of an earlier command stay for ever.
        return None if found.status() == psutil.STATUS_ZOMBIE else found
    except psutil.NoSuchProcess:
        return None


def _started(process: psutil.Process) -> float:
    return float(process.create_time() - psutil.boot_time())


def folder_of(process: psutil.Process) -> Path | None:
    """The real path of the folder in which a process works; None where we may not know."""
    try:
        return Path(process.cwd())
    except psutil.Error:
        return None


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _record(places: Places, name: str) -> Path:
    return places.run / f"{name}.json"

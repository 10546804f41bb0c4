"""Keeps the workers of one data folder running: `python -m deploy.local.supervisor DATA`, started by `scrobbles up`.

A worker that a new start may help is started again, after a pause that doubles: one that was killed, that met a
dependency that is gone, or that failed. One that stopped for good (65, 77, 78) is not, and one that was asked to stop
(0) is not; `scrobbles status` shows why. The next `up` tries each of them again. Servers are not started again from
here, for a database that was killed is looked at before it is started: `status` says so, and `up` does it.

It keeps the logs small, of servers too: when it starts, and once a minute.

What is wanted is in a file, and so is what became of it: nobody has to talk to this process. If it dies the workers go
on, `status` says so, and the next `up` replaces all of them.
"""

import os
import secrets
import sys
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from deploy.local import processes
from deploy.local.account import service_account
from deploy.local.last_words import end_of, last_words
from deploy.local.logs import shorten
from deploy.local.places import Places, write_atomically
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.processes import About, Ended, Process, Program
from schemas.errors import is_disk_full
from schemas.settings import overridden

NAME = "supervisor"
MODULE = "deploy.local.supervisor"
KIND = "consumer"
# Failed, dependency gone, our bug. A signal is a negative number.
_RETRIED = {1, 69, 70}
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 60.0
# A worker that ran this long was well: what it died of is something new.
_WELL_SECONDS = 60.0
_TURN_SECONDS = 0.1
_LOGS_SECONDS = 60.0
_FULL_SECONDS = 5.0


class Wanted(msgspec.Struct, frozen=True):
    """How many workers, for which servers. `order` is another one for each `up`.

    `port` is where the first one serves health and metrics, and the nth at n - 1 more; 0 is any free one for each.
    """

    count: int
    version: str
    servers: str
    host: str
    port: int
    order: str = msgspec.field(default_factory=lambda: secrets.token_hex(8))

    def names(self) -> list[str]:
        """What the workers are called."""
        return [f"{KIND}-{number}" for number in range(1, self.count + 1)]

    def port_of(self, name: str, last: int) -> int:
        """Where this worker serves health and metrics; where any port will do, the `last` one again if it is free."""
        return self.port + int(name.rpartition("-")[2]) - 1 if self.port else free_port(last)


def ask(places: Places, wanted: Wanted) -> None:
    """Tell the supervisor of these places, which may start later."""
    write_atomically(_wanted_file(places), wanted)


def is_done(places: Places, wanted: Wanted) -> bool:
    """Whether it has done so: the workers are started, or ended already."""
    try:
        return msgspec.json.decode(_done_file(places).read_bytes(), type=str) == wanted.order
    except (FileNotFoundError, msgspec.DecodeError):
        return False


def is_retried(code: int) -> bool:
    """Whether a worker that ended like this is started again."""
    return code < 0 or code in _RETRIED


class _Supervisor:
    def __init__(self, places: Places) -> None:
        self._places = places
        self._order = ""
        self._workers: dict[str, _Kept] = {}
        self._logs_due = 0.0

    def turn(self) -> None:
        """Do what is due now."""
        if time.monotonic() >= self._logs_due:
            shorten(self._places.log)
            self._logs_due = time.monotonic() + _LOGS_SECONDS
        wanted = msgspec.json.decode(_wanted_file(self._places).read_bytes(), type=Wanted)
        is_new = wanted.order != self._order
        if is_new:
            self._take(wanted)
        for kept in self._workers.values():
            kept.watch()
            if kept.due is not None and time.monotonic() >= kept.due:
                kept.start(wanted)
        if is_new:
            self._order = wanted.order
            write_atomically(_done_file(self._places), wanted.order)

    def _take(self, wanted: Wanted) -> None:
        names = wanted.names()
        # Also those of a supervisor that died: how they end can be told to their parent only.
        strangers = [
            p for p in processes.recorded(self._places) if p.about.kind == KIND and p.name not in self._workers
        ]
        surplus = [kept.process for name, kept in self._workers.items() if name not in names and kept.process]
        processes.stop(self._places, [*strangers, *surplus], _say)
        ports = {p.name: p.about.settings.get("health", "").rpartition(":")[2] for p in strangers}
        self._workers = {name: self._workers.get(name) or _Kept(self._places, name, ports.get(name)) for name in names}
        for kept in self._workers.values():
            kept.try_again()


class _Kept:
    """One worker: running, about to be started (`due`), or stopped for good."""

    def __init__(self, places: Places, name: str, port: str | None) -> None:
        self.process: Process | None = None
        self.due: float | None = 0.0
        self._places = places
        self._name = name
        self._port = int(port or 0)
        self._pause = _FIRST_PAUSE
        self._begun = 0.0
        self._log = places.log / f"{name}.log"
        self._logged = 0

    def try_again(self) -> None:
        """At once, unless it runs."""
        if self.process is None or self.process.ended:
            self.due, self._pause = 0.0, _FIRST_PAUSE

    def start(self, wanted: Wanted) -> None:
        self._port = wanted.port_of(self._name, self._port)
        self._logged = self._log.stat().st_size if self._log.exists() else 0
        environment = overridden(os.environ, data=str(self._places.data), metrics_port=str(self._port))
        host = LOOPBACK if wanted.host in ("0.0.0.0", "::") else wanted.host  # noqa: S104 - how status reaches it
        about = About(KIND, wanted.version, wanted.servers, {"health": f"http://{host}:{self._port}"})
        command = [sys.executable, "-m", "cli", "consume"]
        program = Program(self._name, command, Path("/"), environment)
        self.process, self.due, self._begun = processes.start(self._places, program, about), None, time.monotonic()

    def watch(self) -> None:
        """Note how it ended, if it did, and whether and when it is started again."""
        if self.process is None or self.process.ended:
            return
        code = processes.exit_code(self.process)
        if code is None:
            return
        if time.monotonic() - self._begun > _WELL_SECONDS:
            self._pause = _FIRST_PAUSE
        again = is_retried(code)
        ended = Ended(code, again=again, **last_words(code, end_of(self._log, self._logged))._asdict())
        self.process = msgspec.structs.replace(self.process, ended=ended)
        _say(f"{self._name} ended with {ended.told()}" + (f"; again in {self._pause:g} s" if again else ""))
        if again:
            self.due, self._pause = time.monotonic() + self._pause, min(2 * self._pause, _LONGEST_PAUSE)
        processes.record(self._places, self.process)


def _wanted_file(places: Places) -> Path:
    return places.run / "workers.wanted"


def _done_file(places: Places) -> Path:
    return places.run / "workers.done"


def _say(message: str) -> None:
    with suppress(OSError):  # a full disk ends no worker
        print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), message, flush=True)  # noqa: T201 - this is its log


def main(data: Path) -> None:
    """Until it is ended by a signal; that ends no worker. While the disk is full it waits."""
    supervisor = _Supervisor(Places(data, service_account()))
    while True:
        try:
            supervisor.turn()
        except OSError as error:
            if not is_disk_full(error):
                raise
            time.sleep(_FULL_SECONDS)
        time.sleep(_TURN_SECONDS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

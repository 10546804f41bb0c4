"""The faults of the soak: each happens once it is called, or is reported as not happened."""

import random
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
import psycopg
from confluent_kafka import Producer

from schemas.broker import client_config
from schemas.settings import Settings
from schemas.topics import lane_topic
from tests.cli.commands import Commands, Worker
from tests.faults.relay import Relay
from tests.faults.spare import Name, Spare

# What a worker may end with: asked to, killed, too slow to leave the group, no Kafka or Postgres at its start, our
# fail-point `raise`.
_ENDS = {0, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGALRM, 69, 70}
_FEWEST, _MOST = 3, 4
_PLACES = ("taken", "copying", "copied", "moved", "committing", "committed", "telling")


class Member(NamedTuple):
    """A worker, the fail-point it has or "", and whether it runs to the end unless it must not."""

    worker: Worker
    failpoint: str
    steady: bool


class Chaos:
    """A crew of workers, its servers, and what can happen to them. `wrong` is what must not have happened."""

    def __init__(self, spare: Spare, settings: Settings, folder: Path, chance: random.Random) -> None:
        self.spare, self.settings, self.chance = spare, settings, chance
        self.postgres = Relay(urlsplit(settings.database_url or "").port or 0)
        relayed = urlsplit(settings.database_url or "")
        address = relayed._replace(netloc=relayed.netloc.rpartition(":")[0] + f":{self.postgres.port}")
        through = msgspec.structs.replace(settings, kafka=spare.relayed, database_url=address.geturl())
        self.commands = Commands(through, folder)
        self.crew: list[Member] = []
        self.reached = 0
        self.garbage = 0
        self.wrong: list[str] = []
        self._pause = threading.Event()
        self._leaving: set[int] = set()
        self._frozen: list[tuple[int, Worker]] = []

    def tend(self) -> None:
        """Thaw who was frozen long enough; note how members ended; keep the crew small."""
        for at, (ticks, worker) in reversed(list(enumerate(self._frozen))):
            self._frozen[at] = (ticks - 1, worker)
            if ticks <= 0:
                worker.send(signal.SIGCONT)
                del self._frozen[at]
        for member in [one for one in self.crew if one.worker.process.poll() is not None]:
            self.crew.remove(member)
            self._note_end(member)
        if not any(member.steady for member in self.crew):
            self.join(steady=True)
        while len(self.crew) < _FEWEST:
            self.join()
        self._thin_out()

    def _thin_out(self) -> None:
        """Those that were thawed stay alive: the oldest ones leave when there are too many."""
        staying = [one.worker for one in self.crew if not one.steady and one.worker.pid not in self._leaving]
        frozen = {worker.pid for _, worker in self._frozen}
        asked = [worker for worker in staying if worker.pid not in frozen][: max(0, len(staying) - _MOST)]
        for worker in asked:
            worker.send(signal.SIGTERM)
        self._leaving |= {worker.pid for worker in asked}

    def join(self, failpoint: str = "", *, steady: bool = False) -> Worker:
        """One more worker."""
        variables = {"SCROBBLES_FAILPOINT": failpoint} if failpoint else {}
        worker = self.commands.worker(**variables)
        self.crew.append(Member(worker, failpoint, steady))
        return worker

    def faults(self) -> dict[str, Callable[[], bool]]:
        """Name to what causes it; True where it really happened."""
        servers: tuple[Name, ...] = ("kafka", "postgres")
        return {
            "worker killed": lambda: self._signalled(signal.SIGKILL),
            "worker leaves": lambda: self._signalled(signal.SIGTERM),
            "worker frozen, later thawed": self._freeze_worker,
            "one worker more": lambda: bool(self.join()),
            **{f"worker killed when {place}": lambda place=place: self._at(f"{place}:kill") for place in _PLACES},  # type: ignore[misc]
            **{f"worker frozen when {place}": lambda place=place: self._at(f"{place}:stop") for place in _PLACES[:4]},  # type: ignore[misc]
            "batch lost in the worker": lambda: self._at("taken:drop"),
            "worker late to poll": lambda: self._at("taken:sleep"),
            "callback raises": lambda: self._at("assigned:raise"),
            "sessions ended": self._end_sessions,
            "table locked": self._lock,
            "bad messages": self._send_garbage,
            "answer to COMMIT swallowed": self._swallow,
            "way to postgres cut": lambda: self._cut(self.postgres),
            "way to kafka cut": lambda: self._cut(self.spare.relay),
            "way to postgres slow": lambda: self._slow(self.postgres),
            "way to kafka slow": lambda: self._slow(self.spare.relay),
            "way to postgres swallows": lambda: self._swallowing(self.postgres, 100_000),
            "way to kafka swallows": lambda: self._swallowing(self.spare.relay, 2_000),
            **{f"{name} frozen": lambda name=name: self._freeze(name) for name in servers},  # type: ignore[misc]
            **{f"{name} killed, started again": lambda name=name: self._restart(name) for name in servers},  # type: ignore[misc]
        }

    def mend(self) -> None:
        """No fault is left."""
        for relay in (self.postgres, self.spare.relay):
            relay.mend()
        for _, worker in self._frozen:
            worker.send(signal.SIGCONT)
        self._frozen.clear()
        self.spare.start()

    def close(self) -> None:
        self.postgres.cut()
        self.commands.__exit__()

    def wait(self, seconds: float) -> None:
        self._pause.wait(seconds)

    def _note_end(self, member: Member) -> None:
        code = member.worker.process.returncode
        if code not in _ENDS or (code == 70 and "raise" not in member.failpoint):
            self.wrong.append(f"a worker ended with {code}:\n{member.worker.said[-2_000:]}")

    def _victim(self) -> Worker | None:
        busy = self._leaving | {worker.pid for _, worker in self._frozen}
        found = [one.worker for one in self.crew if not one.steady and one.worker.pid not in busy]
        return self.chance.choice(found) if found else None

    def _signalled(self, number: signal.Signals) -> bool:
        victim = self._victim()
        if victim:
            victim.send(number)
            self._leaving.add(victim.pid)
        return victim is not None

    def _freeze_worker(self) -> bool:
        victim = self._victim()
        if victim:
            victim.send(signal.SIGSTOP)
            self._frozen.append((self.chance.randrange(10, 150), victim))
        return victim is not None

    def _at(self, failpoint: str) -> bool:
        """A worker that fails there, when it gets there; it may not within its life, and is killed like any other."""
        worker = self.join(f"{failpoint}:{self.chance.randrange(1, 3)}")
        for _ in range(120):
            self.wait(0.1)
            if "reached:" in worker.said:
                if failpoint.endswith("stop"):
                    self._frozen.append((self.chance.randrange(10, 150), worker))
                return True
        worker.send(signal.SIGKILL)
        return False

    def _execute(self, statement: str) -> int:
        with psycopg.connect(self.settings.database_url or "", autocommit=True) as connection:
            return connection.execute(statement.encode()).rowcount

    def _end_sessions(self) -> bool:
        return (
            self._execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'scrobbles consume'"
            )
            > 0
        )

    def _lock(self) -> bool:
        with psycopg.connect(self.settings.database_url or "") as connection:
            connection.execute("set lock_timeout = '5s'")
            connection.execute("lock table artist, listen in exclusive mode")
            self.wait(self.chance.uniform(0.5, 3))
        return True

    def _send_garbage(self) -> bool:
        producer = Producer(client_config(self.settings))
        for _ in range(20):
            producer.produce(lane_topic(self.settings.topic_prefix, "live").name, b"no JSON")
        assert producer.flush(60) == 0
        self.garbage += 20
        return True

    def _swallow(self) -> bool:
        before = self.postgres.swallowed
        self.postgres.cut_after_commit()
        for _ in range(50):
            self.wait(0.1)
            if self.postgres.swallowed > before:
                return True
        self.postgres.mend()
        return False

    def _cut(self, relay: Relay) -> bool:
        broken = relay.cut_connections()
        relay.cut()
        self.wait(self.chance.uniform(0.1, 2))
        relay.mend()
        return broken > 0

    def _slow(self, relay: Relay) -> bool:
        relay.delay(self.chance.uniform(0.01, 0.1))
        self.wait(2)
        relay.mend()
        return True

    def _swallowing(self, relay: Relay, most: int) -> bool:
        relay.black_hole(after=self.chance.randrange(most))
        self.wait(self.chance.uniform(1, 8))
        happened = relay.swallows
        relay.mend()
        return happened

    def _freeze(self, name: Name) -> bool:
        with self.spare.frozen(name):
            self.wait(self.chance.uniform(0.5, 8))
        return True

    def _restart(self, name: Name) -> bool:
        self.spare.kill(name)
        self.wait(self.chance.uniform(0, 4))
        self.spare.start()
        return True

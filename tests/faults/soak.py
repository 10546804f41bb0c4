"""`make soak MINUTES=n SEED=s`: every fault at random, while plays come live and imports run; then the proof.

At the end every play that was sent is there once, the ledger balances, nobody is behind, no worker has ended as it must
not, none has grown, and every fault has happened. Anything else is exit code 1.
"""

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import msgspec
import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from cli.wiring import lag
from producers.publish import Publisher
from schemas.broker import ensure_topics
from schemas.listen import Listen
from schemas.settings import Settings
from schemas.topics import lane_topic
from sql.migrate import migrate
from tests.cli.commands import Commands, eventually
from tests.cli.groups import plays
from tests.consumers.logs import ledger, new_source, problems
from tests.faults.chaos import Chaos
from tests.faults.invariants import as_stored, misnamed
from tests.faults.spare import spare_servers

_SECONDS_BETWEEN_FAULTS = 1.0
_LIVE_PER_STEP, _STEP_SECONDS = 100, 0.2
_IMPORT_ROWS, _SECONDS_BETWEEN_IMPORTS = 10_000, 10.0
# Plays of imports are later than those that come live.
_FIRST_IMPORTED = 50_000_000
_CATCH_UP_SECONDS = 180.0
# Between its second quarter and its last one a worker may grow by this; a leak of a batch an hour is far more.
_GROWTH_BYTES = 40_000_000

_console = Console(highlight=False, soft_wrap=True)


class Load:
    """Sends plays until `ended`, and knows which."""

    def __init__(self, settings: Settings, source: int, folder: Path) -> None:
        self.live = 0
        self.imported = 0
        self.tries = 0
        self.ended = threading.Event()
        self.failures: list[BaseException] = []
        self._settings, self._source, self._folder = settings, source, folder
        self._threads = [threading.Thread(target=self._safely, args=(work,)) for work in (self._live, self._import)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop, and wait until what was sent is acknowledged and the last import is through."""
        self.ended.set()
        for thread in self._threads:
            thread.join()

    def sent(self) -> Iterator[Listen]:
        """Every play, by time."""
        for first, number in ((0, self.live), (_FIRST_IMPORTED, self.imported)):
            for at in range(first, first + number):
                yield from plays(1, at)

    def _safely(self, work: "threading._Target") -> None:  # type: ignore[name-defined]
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told at the end, and a failure
            self.failures.append(error)

    def _live(self) -> None:
        topic = lane_topic(self._settings.topic_prefix, "live").name
        publisher = Publisher(self._settings, topic, self._source)
        while not self.ended.wait(_STEP_SECONDS):
            for listen in plays(_LIVE_PER_STEP, self.live):
                publisher.send(listen)
            self.live += _LIVE_PER_STEP
        assert publisher.flush(_CATCH_UP_SECONDS), "Kafka has not acknowledged what was sent live"

    def _import(self) -> None:
        commands = Commands(self._settings, self._folder)
        while not self.ended.wait(_SECONDS_BETWEEN_IMPORTS):
            listens = plays(_IMPORT_ROWS, _FIRST_IMPORTED + self.imported)
            path = self._folder / f"import-{self.imported}.jsonl"
            path.write_bytes(b"".join(msgspec.json.encode(listen) + b"\n" for listen in listens))
            self.imported += len(listens)
            while not self._imports(commands, path):
                pass  # the same command goes on where it ended
            path.unlink()

    def _imports(self, commands: Commands, path: Path) -> bool:
        self.tries += 1
        try:
            return commands.run("import", str(path), "--json").code == 0
        except subprocess.TimeoutExpired:
            return False


def main() -> int:
    """Run it; 0 where everything holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    chosen = parser.parse_args()
    _console.print(f"seed {chosen.seed}, {chosen.minutes:g} minutes")
    with spare_servers() as spare, tempfile.TemporaryDirectory(prefix="scrobbles-soak-") as name:
        folder = Path(name)
        settings = Settings(folder, spare.kafka, spare.database_url, topic_prefix="soak", group="soak")
        migrate(spare.database_url)
        ensure_topics(settings)
        with psycopg.connect(spare.database_url, autocommit=True) as connection:
            source = new_source(connection)
        chaos = Chaos(spare, settings, folder, random.Random(chosen.seed))  # noqa: S311
        load = Load(settings, source, folder)
        try:
            happened, sizes = _soak(chaos, 60 * chosen.minutes)
            chaos.mend()
            load.end()
            wrong = _proof(chaos, load, settings)
        finally:
            load.ended.set()
            chaos.close()
    wrong += [f"it never happened: {fault}" for fault in chaos.faults() if not happened[fault]]
    wrong += _growth(sizes)
    _show(happened, load)
    for sentence in wrong:
        _console.print(f"[bold red]wrong:[/] {sentence}")
    _console.print(f"{'WRONG' if wrong else 'all holds'}; seed {chosen.seed}")
    return 1 if wrong else 0


def _soak(chaos: Chaos, seconds: float) -> tuple[Counter[str], list[list[int]]]:
    """What happened how often, and the memory of each steady worker over its life."""
    happened: Counter[str] = Counter()
    sizes: dict[int, list[int]] = {}
    deck: list[str] = []
    until, due = time.monotonic() + seconds, time.monotonic() + 5
    while time.monotonic() < until:
        chaos.wait(0.1)
        chaos.tend()
        for member in chaos.crew:
            if member.steady and member.worker.process.poll() is None:
                sizes.setdefault(member.worker.pid, []).append(psutil.Process(member.worker.pid).memory_info().rss)
        if time.monotonic() < due:
            continue
        # Every fault once before any comes again.
        deck = deck or chaos.chance.sample(sorted(chaos.faults()), len(chaos.faults()))
        fault = deck.pop()
        happened[fault] += chaos.faults()[fault]()
        due = time.monotonic() + chaos.chance.expovariate(1 / _SECONDS_BETWEEN_FAULTS)
    return happened, list(sizes.values())


def _proof(chaos: Chaos, load: Load, settings: Settings) -> list[str]:
    wrong = [*chaos.wrong, *(f"the load failed: {error!r}" for error in load.failures)]
    try:
        eventually(lambda: _has_caught_up(chaos, settings), seconds=_CATCH_UP_SECONDS)
    except AssertionError:
        wrong.append(f"still behind: {lag(settings)}")
    with psycopg.connect(settings.database_url or "", autocommit=True) as connection:
        wrong += problems(connection)
        wrong += [f"misnamed: {row}" for row in misnamed(connection)]
        dead = ledger(connection)[3]
        if dead != chaos.garbage:
            wrong.append(f"{chaos.garbage} bad messages were sent, {dead} are dead")
        wrong += _differences(connection, load)
    return wrong


def _has_caught_up(chaos: Chaos, settings: Settings) -> bool:
    chaos.tend()
    return sum(lag(settings).values()) == 0


def _differences(connection: psycopg.Connection, load: Load) -> list[str]:
    """The first play that is not as it was sent."""
    with connection.transaction(), connection.cursor("every_play") as cursor:
        cursor.execute(
            "select extract(epoch from listened_at)::bigint, artists, album, track, played_ms"
            " from play order by listened_at, track_id"
        )
        for found, sent in zip_longest(cursor, load.sent()):
            if sent is None or found != as_stored([sent])[0]:
                return [f"sent {sent}, stored {found}"]
    return []


def _growth(sizes: list[list[int]]) -> list[str]:
    """Steady workers that are bigger in the end than they were when they had begun to work."""
    found = []
    for size in sizes:
        quarter = len(size) // 4
        if quarter < 100:  # too short a life to tell
            continue
        early, late = statistics.median(size[quarter : 2 * quarter]), statistics.median(size[-quarter:])
        _console.print(f"memory of a steady worker: {early / 1e6:.0f} MB early, {late / 1e6:.0f} MB late")
        if late - early > _GROWTH_BYTES:
            found.append(f"a worker grew from {early / 1e6:.0f} to {late / 1e6:.0f} MB")
    return found


def _show(happened: Counter[str], load: Load) -> None:
    table = Table("fault", "times", box=None, pad_edge=False)
    for fault, times in sorted(happened.items()):
        table.add_row(fault, str(times))
    _console.print(table)
    _console.print(f"{load.live:,} plays sent live, {load.imported:,} in files, {load.tries} imports started")


if __name__ == "__main__":
    sys.exit(main())

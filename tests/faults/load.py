"""What the soak sends: plays that come live, and files whose imports are killed at random and started again."""

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psycopg

from producers.publish import Publisher
from schemas.errors import DONE, DependencyGone
from schemas.listen import Listen
from schemas.settings import Settings
from schemas.topics import lane_topic
from tests.cli.commands import environment_of, eventually
from tests.cli.groups import plays

_ACKNOWLEDGED_SECONDS = 180.0
# Four checkpoints and more: the first one lies behind 50,000 rows or a second.
IMPORT_ROWS = 200_000
_SECONDS_BETWEEN_IMPORTS = 20.0
# Plays of imports are later than those that come live.
_FIRST_IMPORTED = 50_000_000
_LIVE_PER_STEP, _STEP_SECONDS = 100, 0.2
# An import reads for some 5 s and waits as long again until all is stored; after so many kills it is left alone.
_KILLED_WITHIN_SECONDS, _MOST_KILLS = 8.0, 4
_IMPORT_SECONDS = 600.0


class Load:
    """Sends plays until `ended`, and knows which. `killed` imports, `resumed` of them behind a checkpoint."""

    def __init__(self, settings: Settings, source: int, folder: Path, chance: random.Random) -> None:
        self.live = 0
        self.files = 0
        self.tries = 0
        self.killed = 0
        self.resumed = 0
        self.ended = threading.Event()
        self.failures: list[BaseException] = []
        self._settings, self._source, self._folder, self._chance = settings, source, folder, chance
        # Daemons: where the soak itself fails, an import that can never be done must not keep it.
        self._threads = [
            threading.Thread(target=self._safely, args=(work,), daemon=True) for work in (self._live, self._import)
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop, and wait until what was sent is acknowledged and the last import is through."""
        self.ended.set()
        for thread in self._threads:
            thread.join()

    def sent(self) -> Iterator[Listen]:
        """Every play, by time."""
        for first, number in ((0, self.live), (_FIRST_IMPORTED, self.files * IMPORT_ROWS)):
            for at in range(first, first + number, _LIVE_PER_STEP):
                yield from plays(_LIVE_PER_STEP, at)

    def _safely(self, work: Callable[[], None]) -> None:
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
        assert publisher.flush(_ACKNOWLEDGED_SECONDS), "Kafka has not acknowledged what was sent live"

    def _import(self) -> None:
        while not self.ended.wait(_SECONDS_BETWEEN_IMPORTS):
            path = self._written()
            kills = self._chance.randint(1, _MOST_KILLS)
            while not self._imported(path, killing=kills > 0):
                kills -= 1
            path.unlink()

    def _written(self) -> Path:
        path, first = self._folder / f"import-{self.files}.jsonl", _FIRST_IMPORTED + self.files * IMPORT_ROWS
        with path.open("wb") as file:
            for at in range(first, first + IMPORT_ROWS, _LIVE_PER_STEP):
                file.writelines(msgspec.json.encode(listen) + b"\n" for listen in plays(_LIVE_PER_STEP, at))
        self.files += 1
        return path

    def _imported(self, path: Path, *, killing: bool) -> bool:
        """Whether the command has come to its end; where not, the same command goes on."""
        self.tries += 1
        command = [sys.executable, "-m", "cli", "import", str(path), "--json"]
        patience = self._chance.uniform(0, _KILLED_WITHIN_SECONDS) if killing else _IMPORT_SECONDS
        log = path.with_suffix(".log")
        with log.open("wb") as said:
            process = subprocess.Popen(
                command, env=environment_of(self._settings, self._folder), stdout=subprocess.DEVNULL, stderr=said
            )
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.returncode == -signal.SIGKILL and killing:
            self.killed += 1
            eventually(lambda: self._note_resumed(path))
            return False
        said_last = log.read_text("utf-8")[-2_000:]
        assert process.returncode in (DONE, DependencyGone.exit_code), (
            f"an import ended with {process.returncode}:\n{said_last}"
        )
        return process.returncode == DONE

    def _note_resumed(self, path: Path) -> bool:
        """Whether the database could be asked how far an import was that is to go on."""
        try:
            with psycopg.connect(self._settings.database_url or "", autocommit=True) as connection:
                found = connection.execute(
                    "select 1 from source where path = %s and state = 'reading' and rows_read > 0", (str(path),)
                ).fetchone()
        except psycopg.OperationalError:
            return False
        self.resumed += found is not None
        return True

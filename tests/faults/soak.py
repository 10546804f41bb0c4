"""`make soak MINUTES=n SEED=s`: every fault at random, while plays come live and imports run; then the proof.

At the end every play that was sent is there once, the ledger balances, nobody is behind, no worker has ended as it must
not, none has grown, and every fault has happened. Anything else is exit code 1.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from itertools import zip_longest
from pathlib import Path

import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from schemas.ensuring import ensure_topics
from schemas.settings import Settings
from sql.migrate import migrate
from tests.cli.commands import eventually, lag
from tests.consumers.logs import ledger, new_source, problems
from tests.faults.chaos import Chaos
from tests.faults.invariants import as_stored, misnamed
from tests.faults.load import IMPORT_ROWS, Load
from tests.faults.spare import spare_servers

_SECONDS_BETWEEN_FAULTS = 1.0
_CATCH_UP_SECONDS = 180.0
# Between its second quarter and its last one a worker may grow by this; a leak of a batch an hour is far more.
_GROWTH_BYTES = 40_000_000
# In a shorter quarter there may be no import, whose backlog alone is as much.
_FEWEST_SIZES = 500

_console = Console(highlight=False, soft_wrap=True)


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
        load = Load(settings, source, folder, random.Random(chosen.seed))  # noqa: S311
        try:
            happened, sizes = _soak(chaos, 60 * chosen.minutes)
            chaos.mend()
            load.end()
            wrong = _proof(chaos, load, settings)
        finally:
            load.ended.set()
            chaos.close()
    happened["import killed"] = load.killed
    expected = (*chaos.faults(), "import killed")
    wrong += [f"it never happened: {fault}" for fault in expected if not happened[fault]]
    if not load.resumed:
        wrong.append("no import went on behind a checkpoint")
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
        wrong += _jobs(connection, load)
        wrong += _differences(connection, load)
    return wrong


def _has_caught_up(chaos: Chaos, settings: Settings) -> bool:
    chaos.tend()
    return sum(lag(settings).values()) == 0


def _jobs(connection: psycopg.Connection, load: Load) -> list[str]:
    """Each file is one job, however often its import was killed, and is done with all its rows."""
    found = connection.execute("select rows_read, accepted, state from source where format = 'scrobbles'").fetchall()
    wanted = [(IMPORT_ROWS, IMPORT_ROWS, "done")] * load.files
    return [] if found == wanted else [f"{load.files} files were imported, the jobs are {found}"]


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
        if quarter < _FEWEST_SIZES:
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
    _console.print(
        f"{load.live:,} plays sent live, {load.files * IMPORT_ROWS:,} in {load.files} files; {load.tries} imports"
        f" started, {load.killed} killed, {load.resumed} of them to go on behind a checkpoint"
    )


if __name__ == "__main__":
    sys.exit(main())

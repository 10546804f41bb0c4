"""What the guards cost: the same backlog by a worker as it is, and by one without them."""

import shutil
from pathlib import Path

import psutil
import psycopg

from bench.console import say
from bench.figures import Figure
from bench.lab import Lab
from bench.passed import await_passed
from bench.place import Place

_AT_MOST = 1.05
_RUNS = 3
_SESSION = (
    "select pid from pg_stat_activity where application_name = 'scrobbles consume' and datname = current_database()"
)
_ROOT = Path(__file__).parents[1]
# Compare and set, the ledger, the counts by source: what a worker without them would have to write, for the measure.
_WITHOUT_GUARDS = (
    ("sql/move_offsets.sql", "    where consumer_offset.next_offset = expected.expected_offset\n", ""),
    ("consumers/listens/store.py", "            self._count(batch)\n", ""),
)


def guards(lab: Lab, sender: Place, plays: int) -> list[Figure]:
    """One worker, as it is and without its guards, in turn."""
    folder = lab.folder / "without-guards"
    for package in ("cli", "consumers", "deploy", "producers", "schemas", "sql"):
        shutil.copytree(_ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file, before, after in _WITHOUT_GUARDS:
        text = (folder / file).read_text("utf-8")
        if text.count(before) != 1:
            raise LookupError(f"{file} has changed: the guard to remove is not there")
        (folder / file).write_text(text.replace(before, after), "utf-8")
    found: dict[str, list[float]] = {"with": [], "without": []}
    for run in range(_RUNS):
        for name, variables in (("with", {}), ("without", {"PYTHONPATH": str(folder)})):
            with lab.place(f"guards_{name}_{run}", topics_of=sender) as place:
                found[name].append(_processor_seconds(place, plays, variables))
    # Of the processor, and the least of each: what else runs on the machine only ever adds.
    ratio = min(found["with"]) / min(found["without"])
    say(f"guards, seconds of the processor: {found}")
    what = "compare-and-set, ledger and counts by source"
    return [Figure(what, "processor, with them against without", ratio, "times", at_most=_AT_MOST)]


def _processor_seconds(place: Place, plays: int, variables: dict[str, str]) -> float:
    """What one worker and its database session take to store the backlog."""
    place.add_people(1)
    worker = place.start("cli", "consume", log=None, **variables)
    await_passed(place, plays)
    with psycopg.connect(place.url) as connection:
        (session,) = connection.execute(_SESSION).fetchone() or (0,)
    used = psutil.Process(session).cpu_times()
    return worker.end().cpu_seconds + used.user + used.system

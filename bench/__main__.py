"""`python -m bench`: measure, print one table, write bench.json. Exit 0 whenever everything ran, however slow."""

import argparse
import sys
import time
from pathlib import Path

from bench.console import say
from bench.figures import Figure, result, save, show
from bench.history import history
from bench.lab import lab
from bench.throughput import MAIN_WORKERS, ceiling, many_people, one_person
from schemas.errors import Fault

_PLAYS = 1_000_000


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Speed and memory of scrobble-stream.")
    parser.add_argument("--full", action="store_true", help="also what takes long: 10M plays, 4 workers, 1 GB files")
    parser.add_argument("--plays", type=int, default=_PLAYS, help="how many plays the big runs have")
    chosen = parser.parse_args()
    begun = time.monotonic()
    try:
        figures, ceilings = _measure(chosen.plays)
    except Fault as fault:
        say(f"{fault.message}\n  {fault.hint}")
        sys.exit(fault.exit_code)
    found = result(figures, ceilings, time.monotonic() - begun)
    show(found)
    save(found, Path("bench.json"))


def _measure(plays: int) -> tuple[list[Figure], list[float]]:
    with lab() as here:
        ceilings = [ceiling(here, plays)]
        figures = one_person(here, plays, MAIN_WORKERS)
        ceilings.append(ceiling(here, plays))
        figures += many_people(here, plays, MAIN_WORKERS)
        ceilings.append(ceiling(here, plays))
        figures += history(here)
    return figures, ceilings


main()

"""`python -m bench`: measure, print one table, write bench.json. Exit 0 whenever everything ran, however slow."""

import argparse
import sys
import time
from pathlib import Path

from bench.backlog import backlog, backlog_of_four, gigabyte
from bench.console import say
from bench.figures import Figure, result, save, show
from bench.group import group
from bench.history import history
from bench.lab import lab
from bench.large import large
from bench.reading import reading
from bench.start import start
from bench.statements import statements
from bench.throughput import ceiling, many_people, one_person
from schemas.errors import Fault

_PLAYS = 1_000_000
_EXPERIMENTS = {
    "start": start,
    "history": history,
    "reading": reading,
    "one-person": one_person,
    "many-people": many_people,
    "backlog": backlog,
    "statements": statements,
}
# What takes long.
_FULL = {"group": group, "backlog-of-four": backlog_of_four, "gigabyte": gigabyte, "large": large}
# Measured around those that are compared with the ceiling.
_CEILING_BEFORE = ("one-person", "many-people", "backlog")


def main() -> None:
    """Measure what the arguments ask for."""
    chosen = _arguments()
    names = chosen.experiments or [*_EXPERIMENTS, *(_FULL if chosen.full else ())]
    begun = time.monotonic()
    try:
        figures, ceilings = _measure(names, chosen.plays)
    except Fault as fault:
        say(f"{fault.message}\n  {fault.hint}")
        sys.exit(fault.exit_code)
    found = result(figures, ceilings, time.monotonic() - begun)
    show(found)
    save(found, Path("bench.json"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Speed and memory of scrobble-stream.")
    known = [*_EXPERIMENTS, *_FULL]
    parser.add_argument("experiments", nargs="*", metavar="EXPERIMENT", help=f"only these of: {', '.join(known)}")
    parser.add_argument("--full", action="store_true", help=f"also what takes long: {', '.join(_FULL)}")
    parser.add_argument("--plays", type=int, default=_PLAYS, help="how many plays the big runs have")
    chosen = parser.parse_args()
    if unknown := set(chosen.experiments) - set(known):
        parser.error(f"no such experiment: {', '.join(sorted(unknown))}")
    return chosen


def _measure(names: list[str], plays: int) -> tuple[list[Figure], list[float]]:
    known = _EXPERIMENTS | _FULL
    figures: list[Figure] = []
    with lab() as here:
        ceilings: list[float] = []
        for name in names:
            if name in _CEILING_BEFORE:
                ceilings.append(ceiling(here, plays))
            figures += known[name](here, plays)
        ceilings.append(ceiling(here, plays))
    return figures, ceilings


main()

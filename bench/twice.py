"""How much is read twice when a worker is killed: what it had in hand, and nothing that it had stored."""

from collections import Counter

from bench.console import say
from bench.figures import Figure
from bench.lab import Lab
from bench.passed import await_passed
from bench.place import Place
from bench.witness import read_twice
from consumers.listens.taking import Limits

_RUNS = 5


def twice(lab: Lab, sender: Place, plays: int) -> list[Figure]:
    """One of two workers with a backlog is killed with -9; a witness beside each notes all that it is handed.

    The limit of a batch counts its rows of all partitions, so it bounds the sum over them too.
    """
    found = [_killed(lab, sender, plays, f"twice_{run}") for run in range(_RUNS)]
    say(f"read twice after a kill, by partition: {found}")
    what = f"one of two workers is killed with -9 at work; most of {_RUNS} runs"
    batch = Limits().rows
    return [
        Figure(what, "messages read twice, of one partition", max(max(each) for each in found), "", at_most=batch),
        Figure(what, "   of all partitions", max(sum(each) for each in found), "", at_most=batch),
    ]


def _killed(lab: Lab, sender: Place, plays: int, name: str) -> list[int]:
    notes = lab.folder / name
    with lab.place(name, topics_of=sender) as place:
        place.add_people(1)
        victim, other = (place.start("bench.witness", str(notes), "consume") for _ in range(2))
        place.await_partitions(2)
        await_passed(place, plays // 3)
        victim.discard()
        # A partition that moved when the second worker came may have been read twice as well.
        before = Counter(read_twice(notes))
        await_passed(place, plays)
        other.end()
        place.verify()
    return list((Counter(read_twice(notes)) - before).values()) or [0]

"""`scrobbles consume` with a witness: what Kafka hands to the worker is written down before the worker has it.

    python -m bench.witness FOLDER consume …

The notes of a worker that is killed are whole: each is written to its file at once, and the system keeps it.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from confluent_kafka import Consumer, Message

from cli.main import run
from consumers.listens import start

Place: TypeAlias = tuple[str, int]


class _Witnessed(Consumer):
    """Notes, by partition, the first and the last offset of what came without a gap."""

    notes: int

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[Message]:
        messages = super().consume(num_messages, timeout)
        lines = [f"{topic} {number} {first} {last}\n" for (topic, number), (first, last) in _ranges(messages)]
        os.write(self.notes, "".join(lines).encode())
        return messages


def read_twice(folder: Path) -> dict[Place, int]:
    """How many messages of each partition were handed to a worker again: to another one, or to the same."""
    ranges = defaultdict(list)
    for path in folder.iterdir():
        for line in path.read_text("ascii").splitlines():
            topic, number, first, last = line.split()
            ranges[topic, int(number)].append((int(first), int(last)))
    return {place: _overlap(sorted(found)) for place, found in ranges.items()}


def _overlap(ranges: list[tuple[int, int]]) -> int:
    again, end = 0, -1
    for first, last in ranges:
        again += max(min(end, last) - first + 1, 0)
        end = max(end, last)
    return again


def _ranges(messages: Sequence[Message]) -> list[tuple[Place, tuple[int, int]]]:
    found: list[tuple[Place, tuple[int, int]]] = []
    last: dict[Place, int] = {}
    for message in messages:
        if message.error():
            continue
        place, offset = (message.topic() or "", message.partition() or 0), message.offset() or 0
        if place in last and found[last[place]][1][1] == offset - 1:
            found[last[place]] = place, (found[last[place]][1][0], offset)
        else:
            last[place] = len(found)
            found.append((place, (offset, offset)))
    return found


def main() -> None:
    """Be the worker, and write into a new file of the folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    _Witnessed.notes = os.open(folder / f"{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    vars(start)["Consumer"] = _Witnessed
    sys.exit(run(sys.argv[2:]))


if __name__ == "__main__":
    main()

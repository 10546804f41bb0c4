"""Stops a worker that buries most of what it reads: then the fault is ours, or the producer's, not the messages'.

Half of the last 1,000 messages of this worker; before it has read as many nothing is judged. Fewer say nothing: one
broken client, or somebody who tries things out, would stop the plays of everybody. One that is a dead letter already
and comes again is a repeat, and not judged. They are counted by whole batches, for counting each
message would cost the hot path.

The batch that trips it is stored, its dead letters too: they are the evidence, and `scrobbles dead replay` brings the
plays back once the fault is mended. Nothing after it is read. A worker that is started again begins to count anew, so
each start buries a thousand or one batch at most.
"""

from collections import deque

from consumers.listens.store import Outcome
from schemas.errors import DataFault

WINDOW = 1_000
_SHARE = 0.5


class Breaker:
    """Counts the messages of the last batches that are a thousand together."""

    def __init__(self) -> None:
        self._batches: deque[tuple[int, int]] = deque()
        self._read = self._dead = 0

    def count(self, outcome: Outcome) -> None:
        """Take note of a batch. Raises DataFault where half or more of the window are dead letters."""
        self._batches.append((outcome.read, outcome.dead))
        self._read += outcome.read
        self._dead += outcome.dead
        while self._read - self._batches[0][0] >= WINDOW:
            read, dead = self._batches.popleft()
            self._read -= read
            self._dead -= dead
        if self._read >= WINDOW and self._dead >= _SHARE * self._read:
            raise DataFault(
                f"{self._dead:,} of the last {self._read:,} messages of this worker are no listens: what sends them is "
                "broken, or newer than this worker",
                "all are kept: see `scrobbles dead list`, mend the cause; `scrobbles dead replay` sends them again",
                "too_many_dead_letters",
            )

"""Reads an export and sends it, with a checkpoint every second.

A checkpoint lies behind rows that the broker has acknowledged, and nowhere else: sending waits until it has, then the
counts and the position are noted together. Whatever was sent behind the last checkpoint of a job that was killed is
sent again, and the consumers know it. Waiting costs 20 to 30 ms a second; following each message by its delivery
report would cost 0.9 us of the 9 that a play takes.
"""

import time
from typing import NamedTuple

from producers.exports import Alias
from producers.exports.reading import Export
from producers.jobs.database import TakenOver
from producers.jobs.job import Job
from producers.jobs.progress import Cancelled, Step, Watch
from producers.jobs.rejects import Rejects
from producers.publish import QUEUED_MESSAGES, Publisher
from schemas import failpoints
from schemas.errors import DataFault, DependencyGone, Fault
from schemas.listen import Listen
from schemas.settings import Settings
from schemas.topics import lane_topic

_ROWS_PER_STEP = 1_000
_CHECKPOINT_SECONDS = 1.0
# The first one comes early, so that a crash costs little, but not before the producer has its id from the broker: all
# would wait for it. A queue that was filled has waited for it.
_FIRST_CHECKPOINT_ROWS = QUEUED_MESSAGES
# Without one acknowledgement for so long, the broker is taken for gone.
PATIENCE_SECONDS = 120.0
_SILENT_SECONDS = 5.0
_FLUSH_SECONDS = 1.0


class Beside(NamedTuple):
    """What an export gives besides plays: rows that are none, and other names, which its reading adds to the set."""

    rejects: Rejects
    aliases: set[Alias]


class Sender:
    """Sends the rows of one job."""

    def __init__(
        self, settings: Settings, job: Job, export: Export, beside: Beside, watch: Watch, limit: int | None
    ) -> None:
        """Of the rows of the job at most `limit` are read. Raises DependencyGone where no Kafka is known."""
        self._job = job
        self._export = export
        self._beside = beside
        self._limit = limit
        self._watch = watch
        self._kafka = f"Kafka at {settings.kafka}"
        topic = lane_topic(settings.topic_prefix, "import").name
        self._publisher = Publisher(settings, topic, job.id, self._silent)

    def send(self) -> None:
        """Send every listen, count what is skipped, wait until all is acknowledged.

        What ends it early leaves the job such that a later one continues after its last checkpoint: `cancelled` after
        Cancelled, `failed` after a Fault. A fault in the export itself ends the job; what came before it is sent.
        """
        job = self._job
        try:
            self._send_all()
        except Cancelled:
            job.mark("cancelled")
            raise
        except TakenOver:
            raise
        except Fault:
            job.mark("failed")
            raise
        job.note("waiting", None)

    def _send_all(self) -> None:
        try:
            self._read()
        except DataFault:
            self._settle()
            self._job.note("failed", None)
            raise
        self._settle()

    def _read(self) -> None:
        job, send, skipped = self._job, self._publisher.send, self._job.skipped
        due, first = time.monotonic() + _CHECKPOINT_SECONDS, job.rows + _FIRST_CHECKPOINT_ROWS
        for row in self._export.rows:
            job.rows += 1
            if isinstance(row, Listen):
                send(row)
                job.accepted += 1
            else:
                skipped[row.reason] += 1
                self._beside.rejects.write(row)
            if job.rows == self._limit:
                break
            if job.rows % _ROWS_PER_STEP == 0:
                self._tell()
                if time.monotonic() > due or job.rows == first:
                    self._checkpoint()
                    due = time.monotonic() + _CHECKPOINT_SECONDS

    def _tell(self) -> None:
        try:
            self._watch(Step("reading", self._job.rows, self._limit, self._share()))
        except Cancelled:
            self._checkpoint()
            raise

    def _share(self) -> float | None:
        return self._job.rows / self._limit if self._limit else self._export.share()

    def _checkpoint(self) -> None:
        position = self._export.position()
        self._settle()
        failpoints.reach("acknowledged")
        self._job.note("reading", position)
        failpoints.reach("noted")

    def _settle(self) -> None:
        self._job.note_members(self._export.entries)
        self._beside.rejects.flush()
        if self._beside.aliases:
            self._job.store_aliases(self._beside.aliases)
            self._beside.aliases.clear()
        acknowledged, since = self._publisher.acknowledged, time.monotonic()
        while not self._publisher.flush(_FLUSH_SECONDS):
            if self._publisher.acknowledged > acknowledged:
                acknowledged, since = self._publisher.acknowledged, time.monotonic()
            self._silent(time.monotonic() - since)

    def _silent(self, seconds: float) -> None:
        """Say that Kafka acknowledges nothing; raise DependencyGone once that has lasted too long."""
        if seconds > PATIENCE_SECONDS:
            raise DependencyGone(
                f"{self._kafka} has acknowledged nothing for {PATIENCE_SECONDS:.0f} seconds",
                f"`scrobbles jobs resume {self._job.id}` continues from there",
            )
        if seconds > _SILENT_SECONDS:
            self._watch(Step("reading", self._job.rows, trouble=f"{self._kafka} does not answer: trying again"))

"""Wait until the consumers have stored what a job has sent."""

import time
from uuid import UUID

import sql
from producers.jobs.database import Database
from producers.jobs.job import Job
from producers.jobs.progress import Step, Watch
from producers.jobs.sending import PATIENCE_SECONDS
from schemas.broker import admin, end_offsets, topic_ids
from schemas.errors import DependencyGone, Fault
from schemas.settings import Settings
from schemas.topics import lane_topic

# Seconds between two looks at how much is stored; a look costs the database 0.2 ms.
_LOOK_SECONDS = 0.03
# Seconds without one more stored play before it is asked why.
_STALLED_SECONDS = 10.0


def follow(database: Database, settings: Settings, job: Job, watch: Watch) -> int:
    """Return when the consumers have dealt with every message of the job; how many of them they never saw.

    Its count tells, unless the job was resumed, for then some messages were sent twice; or nothing moves any more, for
    Kafka may have lost some, or an operator passed them. Then all that is in the lane must be behind the consumers.
    The watch is told why nothing moves; what it raises is raised. Raises DependencyGone where Kafka stays away.
    """
    lane, stall = _Lane(database, settings), _Stall()
    stored = job.stored()
    while job.resumed or stored < job.accepted:
        is_due = stall.is_due(stored)
        if (job.resumed or is_due) and lane.left() == 0:
            return max(job.accepted - job.stored(), 0)
        if is_due:
            stall.trouble = lane.trouble()
        done = min(stored, job.accepted)
        watch(Step("storing", done, job.accepted, done / max(job.accepted, 1), stall.trouble))
        time.sleep(_LOOK_SECONDS)
        stored = job.stored()
    return 0


def await_consumers(database: Database, settings: Settings, watch: Watch) -> None:
    """Return when the consumers have passed every message that the import lane holds now.

    The watch is told why nothing moves. Raises DependencyGone where Kafka stays away.
    """
    lane, stall = _Lane(database, settings), _Stall()
    waiting = lane.left()
    while (left := lane.left()) != 0:
        if stall.is_due(left):
            stall.trouble = lane.trouble()
        waiting = left if waiting is None else waiting
        total = waiting or 0
        done = total - (left or 0)
        watch(Step("storing", done, total, done / max(total, 1), stall.trouble))
        time.sleep(_LOOK_SECONDS)


def lane_ends(settings: Settings) -> list[dict[str, object]]:
    """Where each partition of the import lane ends now. Raises DependencyGone, AccessDenied."""
    topic, client = lane_topic(settings.topic_prefix, "import").name, admin(settings)
    topic_id = str(topic_ids(client, [topic])[topic])
    return [
        {"topic_id": topic_id, "partition": number, "end": end}
        for (_, number), end in end_offsets(client, [topic]).items()
    ]


class _Stall:
    """Whether a count has stopped moving. `trouble` is why, as long as it does not move."""

    def __init__(self) -> None:
        self.trouble = ""
        self._count: int | None = None
        self._due = time.monotonic() + _STALLED_SECONDS

    def is_due(self, count: int | None) -> bool:
        """Whether to ask why: it has not moved for _STALLED_SECONDS, nor was that asked meanwhile."""
        now = time.monotonic()
        moved = count != self._count
        is_due = now > self._due and not moved
        if moved:
            self._count, self.trouble = count, ""
        if moved or is_due:
            self._due = now + _STALLED_SECONDS
        return is_due


class _Lane:
    """The import lane as it was when Kafka first told of it."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._topic = lane_topic(settings.topic_prefix, "import").name
        self._ids: list[UUID] = []
        self._ends: dict[tuple[str, int], int] = {}
        self._silent_since: float | None = None

    def left(self) -> int | None:
        """How many of them the consumers have not passed yet; None while Kafka does not tell. Raises DependencyGone."""
        if not self._ids:
            try:
                client = admin(self._settings)
                ids = list(topic_ids(client, [self._topic]).values())
                self._ends = end_offsets(client, [self._topic])
            except DependencyGone:
                self._silent_since = self._silent_since or time.monotonic()
                if time.monotonic() - self._silent_since > PATIENCE_SECONDS:
                    raise
                return None
            self._ids, self._silent_since = ids, None
        ids = self._ids
        rows = self._database.run(lambda connection: connection.execute(sql.read("positions"), (ids,)).fetchall())
        at = {(topic, number): offset for topic, number, offset in rows}
        left: int = sum(max(end - at.get(place, 0), 0) for place, end in self._ends.items())
        return left

    def trouble(self) -> str:
        """Why nothing is being stored, as far as can be seen from here."""
        (workers,) = self._database.run(
            lambda connection: connection.execute(sql.read("worker_sessions")).fetchone() or (0,)
        )
        if not workers:
            return (
                "nothing is being stored, for no worker runs: `scrobbles status` tells why, `scrobbles up` starts some"
            )
        try:
            ids = topic_ids(admin(self._settings), [self._topic])
        except Fault as fault:
            return f"nothing is being stored: {fault.message}"
        if list(ids.values()) != self._ids:
            # Recreated: no consumer will ever reach the end that the old one had.
            self._ids = []
        return "nothing of this is being stored: the workers have other messages before it; `scrobbles status` tells"

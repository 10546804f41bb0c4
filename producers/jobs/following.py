"""Wait until the consumers have stored what a job has sent."""

import time
from uuid import UUID

import sql
from producers.jobs.database import Database
from producers.jobs.job import Job
from producers.jobs.progress import Step, Watch
from schemas.broker import admin, end_offsets, topic_ids
from schemas.errors import Fault
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
    Raises what the watch raises.
    """
    lane = _Lane(database, settings)
    stored = job.stored()
    moved = time.monotonic()
    while job.resumed or stored < job.accepted:
        stalled = time.monotonic() - moved > _STALLED_SECONDS
        if (job.resumed or stalled) and lane.left() == 0:
            return max(job.accepted - job.stored(), 0)
        done = min(stored, job.accepted)
        trouble = _trouble(database, settings) if stalled else ""
        watch(Step("storing", done, job.accepted, done / max(job.accepted, 1), trouble))
        time.sleep(_LOOK_SECONDS)
        before, stored = stored, job.stored()
        if stored != before or stalled:
            moved = time.monotonic()
    return 0


def await_consumers(database: Database, settings: Settings, watch: Watch) -> None:
    """Return when the consumers have passed every message that the import lane holds now."""
    lane = _Lane(database, settings)
    while left := lane.left():
        watch(Step("storing", lane.total - left, lane.total, 1 - left / lane.total))
        time.sleep(_LOOK_SECONDS)


class _Lane:
    """The import lane as it was when it was first asked about."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._ids: list[UUID] = []
        self._ends: dict[tuple[str, int], int] = {}

    @property
    def total(self) -> int:
        """How many messages it held."""
        return sum(self._ends.values())

    def left(self) -> int:
        """How many of them the consumers have not passed yet."""
        if not self._ids:
            topic = lane_topic(self._settings.topic_prefix, "import").name
            client = admin(self._settings)
            self._ids = list(topic_ids(client, [topic]).values())
            self._ends = end_offsets(client, [topic])
        ids = self._ids
        rows = self._database.run(lambda connection: connection.execute(sql.read("positions"), (ids,)).fetchall())
        at = {(topic, number): offset for topic, number, offset in rows}
        return sum(max(end - at.get(place, 0), 0) for place, end in self._ends.items())


def _trouble(database: Database, settings: Settings) -> str:
    """Why nothing is being stored, as far as can be seen from here."""
    (workers,) = database.run(lambda connection: connection.execute(sql.read("worker_sessions")).fetchone() or (0,))
    if not workers:
        return "nothing is being stored, for no worker runs: `scrobbles status` tells why, `scrobbles up` starts some"
    try:
        topic_ids(admin(settings), [lane_topic(settings.topic_prefix, "import").name])
    except Fault as fault:
        return f"nothing is being stored: {fault.message}"
    return "nothing of this is being stored: the workers have other messages before it; `scrobbles status` tells more"

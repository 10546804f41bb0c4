"""Wait until the consumers have stored what a job has sent."""

import time
from collections.abc import Callable

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


def follow(database: Database, settings: Settings, job: Job, watch: Watch) -> None:
    """Return when the consumers have dealt with every message of the job. Raises what the watch raises.

    Of a resumed job nobody knows how many messages there are, for some were sent twice: then everything that is in the
    lane now must be stored.
    """
    _until(database, settings, watch, lambda: (min(job.stored(), job.accepted), job.accepted))
    if job.resumed:
        await_consumers(database, settings, watch)


def await_consumers(database: Database, settings: Settings, watch: Watch) -> None:
    """Return when the consumers have passed every message that the import lane holds now."""
    topic = lane_topic(settings.topic_prefix, "import").name
    client = admin(settings)
    ids = list(topic_ids(client, [topic]).values())
    ends = end_offsets(client, [topic])

    def passed() -> tuple[int, int]:
        rows = database.run(lambda connection: connection.execute(sql.read("positions"), (ids,)).fetchall())
        at = {(name, number): offset for name, number, offset in rows}
        return sum(min(at.get(place, 0), end) for place, end in ends.items()), sum(ends.values())

    _until(database, settings, watch, passed)


def _until(database: Database, settings: Settings, watch: Watch, stored: Callable[[], tuple[int, int]]) -> None:
    before, moved = -1, time.monotonic()
    while True:
        done, total = stored()
        if done >= total:
            return
        trouble = ""
        if done != before:
            before, moved = done, time.monotonic()
        elif time.monotonic() - moved > _STALLED_SECONDS:
            trouble, moved = _trouble(database, settings), time.monotonic()
        watch(Step("storing", done, total, done / total, trouble))
        time.sleep(_LOOK_SECONDS)


def _trouble(database: Database, settings: Settings) -> str:
    """Why nothing is being stored, as far as can be seen from here."""
    (workers,) = database.run(lambda connection: connection.execute(sql.read("worker_sessions")).fetchone() or (0,))
    if not workers:
        return "nothing is being stored, for no worker runs: `scrobbles up` starts some; this goes on when one does"
    try:
        topic_ids(admin(settings), [lane_topic(settings.topic_prefix, "import").name])
    except Fault as fault:
        return f"nothing is being stored: {fault.message}"
    return "nothing of this is being stored: the workers have other messages before it; `scrobbles status` tells more"

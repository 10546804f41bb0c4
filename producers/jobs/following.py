"""Wait until the consumers have stored what a job has sent."""

import time

import sql
from producers.jobs.database import Database
from producers.jobs.job import Job
from producers.jobs.progress import Step, Watch
from schemas.broker import admin, end_offsets
from schemas.settings import Settings
from schemas.topics import lane_topic

# Seconds between two looks at how much is stored; a look costs the database 0.2 ms.
_LOOK_SECONDS = 0.03


def follow(database: Database, settings: Settings, job: Job, watch: Watch) -> None:
    """Return when the consumers have dealt with every message of the job. Raises what the watch raises.

    Of a resumed job nobody knows how many messages there are, for some were sent twice: then everything that is in the
    lane now must be stored.
    """
    while (stored := job.stored()) < job.accepted:
        watch(Step("storing", stored, job.accepted, stored / job.accepted))
        time.sleep(_LOOK_SECONDS)
    if job.resumed:
        await_consumers(database, settings, watch)


def await_consumers(database: Database, settings: Settings, watch: Watch) -> None:
    """Return when the consumers have passed every message that the import lane holds now."""
    topic = lane_topic(settings.topic_prefix, "import").name
    ends = end_offsets(admin(settings), [topic])
    total = sum(ends.values())
    while left := _left(database, topic, ends):
        watch(Step("storing", total - left, total, 1 - left / total))
        time.sleep(_LOOK_SECONDS)


def _left(database: Database, topic: str, ends: dict[tuple[str, int], int]) -> int:
    rows = database.run(lambda connection: connection.execute(sql.read("places_by_name"), ([topic],)).fetchall())
    passed = {(name, number): offset for name, number, offset in rows}
    return sum(max(end - passed.get(place, 0), 0) for place, end in ends.items())

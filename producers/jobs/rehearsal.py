"""An import without its effects: the whole reading, and what of it would be new."""

import time
from collections import Counter
from itertools import islice

import psycopg

import sql
from producers.exports import Rules, open_export
from producers.exports.opened import latest_second
from producers.jobs.importing import Imported, Order, content_of
from producers.jobs.job import Report
from producers.jobs.progress import Step, Watch
from producers.jobs.rejects import Rejects
from schemas.errors import DataFault
from schemas.identity import normalise, track_id
from schemas.listen import Listen, Track
from sql.connection import connect, fault_of

_ROWS_PER_STEP = 1_000
# Plays that wait in memory to be compared with what is stored: 5 MB.
_COMPARED_AT_ONCE = 50_000


class Comparison:
    """Collects the plays of an export in a temporary table, and counts those that are not stored for this person.

    Close it. Its methods raise psycopg.Error.
    """

    def __init__(self, database_url: str, user: str) -> None:
        """Connect. Raises the Fault of a database that cannot be used for it: away, without our tables, read-only."""
        self._user = user
        self._ids: dict[Track, bytes] = {}
        self._plays: list[tuple[int, bytes]] = []
        self._connection = connect(database_url)
        try:
            # Before the reading, which may take long.
            self._connection.execute(sql.read("stage_rehearsal"))
            self._count()
        except psycopg.Error as error:
            self.close()
            raise fault_of(error, database_url) from error

    def close(self) -> None:
        """End the session, and the table with it."""
        self._connection.close()

    def add(self, listen: Listen) -> None:
        """One more play of the export."""
        track = listen.track
        made = self._ids.get(track)
        if made is None:
            if len(self._ids) > _COMPARED_AT_ONCE:
                self._ids.clear()
            album = normalise(track.album) if track.album else ""
            made = track_id(normalise(track.artists[0]), normalise(track.title), album)
            self._ids[track] = made
        self._plays.append((listen.listened_at, made))
        if len(self._plays) >= _COMPARED_AT_ONCE:
            self._copy()

    def new(self) -> int:
        """How many different plays are not stored."""
        self._copy()
        return self._count()

    def _count(self) -> int:
        (new,) = self._connection.execute(sql.read("count_new"), (self._user,)).fetchone() or (0,)
        return int(new)

    def _copy(self) -> None:
        with self._connection.cursor().copy(sql.read("copy_rehearsal")) as copy:
            for listened_at, track in self._plays:
                copy.write_row((listened_at, track.hex()))
        self._plays.clear()


def rehearse(order: Order, comparison: Comparison | None, watch: Watch) -> Imported:
    """Read the export to its end and say what an import would do. Nothing is sent, and no job is on record.

    With a comparison `inserted` and `duplicate` tell what would be new, without one they are None. Raises the Fault of
    an export that cannot be read at all, psycopg.Error, and Cancelled.
    """
    begun = time.monotonic()
    sha256 = content_of(order)
    wanted = order.options
    rules = Rules(latest_second(), wanted.since, wanted.until, wanted.spotify_time)
    with open_export(order.path, wanted.format, rules) as export:
        rejects = Rejects(order.rejects, order.name)
        report = Report(
            None, order.user, order.name, export.format, sha256.hex(), "dry run", 0, 0, {}, None, None, 0, 0
        )
        skipped: Counter[str] = Counter()
        fault = None
        try:
            for row in islice(export.rows, wanted.limit):
                report.rows += 1
                if not isinstance(row, Listen):
                    skipped[row.reason] += 1
                    rejects.write(row)
                elif comparison:
                    comparison.add(row)
                if report.rows % _ROWS_PER_STEP == 0:
                    watch(Step("reading", report.rows, share=export.share()))
        except DataFault as broken:
            fault = broken
        rejects.flush()
        report.members = export.entries
    report.skipped = dict(sorted(skipped.items()))
    report.accepted = report.rows - skipped.total()
    if comparison:
        report.inserted = comparison.new()
        report.duplicate = report.accepted - report.inserted
    report.seconds = time.monotonic() - begun
    return Imported(report, fault)

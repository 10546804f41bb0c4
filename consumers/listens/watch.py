"""Whether the topics that are read are still the ones they were.

With the older protocol of groups a topic that was deleted and recreated goes unnoticed: the client reads on in the new
one where it was in the old one, without an event. So the cluster is asked for the ids now and then. What was read of
the new one meanwhile is stored and counted, and is read again after `scrobbles offsets adopt`: nothing is lost by it,
and nothing stored twice.

A client is made for each question, and is gone after it. One that was kept did not find back to a broker that had been
fenced, and spun for minutes where the broker that it took for the controller was gone. That a question fails says
nothing about the client that stores, so it is no trouble: it is asked again.
"""

import threading
import time
from collections.abc import Mapping
from uuid import UUID

from consumers.listens.runs import topic_changed
from schemas.broker import admin, present_ids
from schemas.errors import DataFault, Fault
from schemas.settings import Settings

# A question costs a login at the cluster. What can have changed is asked for at once, by `hurry`.
_SECONDS = 15.0
# A missing topic is asked for again after this long, before it counts as deleted.
_AGAIN_SECONDS = 1.0


class TopicWatch:
    """The ids of the topics that are read, and whether they still hold; asks without waiting for the answer."""

    def __init__(self, settings: Settings, ids: Mapping[str, UUID]) -> None:
        self.ids = ids
        self._settings = settings
        self._asking: threading.Thread | None = None
        # The topics that the last question found; None where it had no answer.
        self._found: Mapping[str, UUID] | None = None
        self._due = 0.0
        self._missed: set[str] = set()

    def hurry(self) -> None:
        """Ask at the next `check`: something has happened."""
        self._due = 0.0

    def check(self) -> None:
        """Look at an answer that has come, ask again where it is time, and return at once.

        Raises DataFault for a topic that is another one now, or is missing twice in a row: a broker that has just
        started may not know all of them yet.
        """
        if self._asking is None:
            if time.monotonic() >= self._due:
                self._asking = self._ask()
        elif not self._asking.is_alive():
            self._weigh()

    def require_same(self) -> None:
        """Ask, and wait for the answer. Raises as `check` does."""
        self._asking = self._ask()
        self._asking.join()
        self._weigh()

    def _ask(self) -> threading.Thread:
        self._due = time.monotonic() + _SECONDS
        # Making and ending a client may wait for a name server or a handshake, which must not hold up the loop.
        thread = threading.Thread(target=self._look, name="topics", daemon=True)
        thread.start()
        return thread

    def _look(self) -> None:
        self._found = None
        try:
            self._found = present_ids(admin(self._settings), list(self.ids))
        except Fault:
            self._due = time.monotonic() + _SECONDS

    def _weigh(self) -> None:
        self._asking = None
        if self._found is None:
            return
        for name, found in self._found.items():
            if found != self.ids[name]:
                raise topic_changed(name)
        missing = self.ids.keys() - self._found.keys()
        gone, self._missed = missing & self._missed, missing
        if missing:
            self._due = time.monotonic() + _AGAIN_SECONDS
        if gone:
            raise DataFault(
                f"the topic {min(gone)} was deleted while it was read",
                f"`scrobbles topics ensure` makes a new one, `scrobbles offsets adopt {min(gone)}` has that read from "
                "its beginning",
                "topic_gone",
            )

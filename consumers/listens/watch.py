"""Whether the topics that are read are still the ones they were.

With the older protocol of groups a topic that is deleted and made anew goes unnoticed: the client reads on in the new
one where it stood in the old one, without an event. So the cluster is asked for the ids now and then. What was read of
the new one meanwhile is stored and counted, and is read again after `scrobbles offsets adopt`: nothing is lost by it,
and nothing stored twice.
"""

import time
from collections.abc import Mapping
from concurrent.futures import Future
from uuid import UUID

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, TopicDescription

from consumers.listens.runs import topic_changed
from schemas.broker import ask_topics, id_of
from schemas.errors import DataFault

_SECONDS = 5.0
# A missing topic is asked for again after this long, before it counts as deleted.
_AGAIN_SECONDS = 1.0


class TopicWatch:
    """The ids of the topics that are read, and whether they still hold; asks without waiting for the answer."""

    def __init__(self, client: AdminClient, ids: Mapping[str, UUID]) -> None:
        self.ids = ids
        self.client = client
        # Why the cluster did not answer when it was asked last. The consumer itself says nothing of a broker that is
        # gone or frozen: to it, that is a log without new messages.
        self.trouble: str | None = None
        self._asked: Mapping[str, Future[TopicDescription]] = {}
        self._due = 0.0
        self._missed: set[str] = set()

    def hurry(self) -> None:
        """Ask at the next `check`: something has happened."""
        self._due = 0.0

    def check(self) -> None:
        """Look at answers that have come, ask again where it is time, and return at once.

        Raises DataFault for a topic that is another one now, or is missing twice in a row: a broker that has just
        started may not know all of them yet.
        """
        if not self._asked:
            if time.monotonic() >= self._due:
                self._ask()
        elif all(future.done() for future in self._asked.values()):
            self._weigh()

    def require_same(self) -> None:
        """Ask, and wait for the answer. Raises as `check` does."""
        self._ask()
        self._weigh()

    def _ask(self) -> None:
        self._asked = ask_topics(self.client, list(self.ids))
        self._due = time.monotonic() + _SECONDS

    def _weigh(self) -> None:
        answers, self._asked = self._asked, {}
        missing = set()
        self.trouble = None
        for name, future in answers.items():
            try:
                found = id_of(future)
            except KafkaException as error:
                if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                    missing.add(name)
                else:  # the cluster is away, and nothing can be read either
                    self.trouble = f"Kafka does not answer: {error.args[0].str()}"
                continue
            if found != self.ids[name]:
                raise topic_changed(name)
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

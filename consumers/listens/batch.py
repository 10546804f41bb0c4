"""From messages to rows: a pure function, no I/O. A bad message becomes a dead letter and never fails the batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from consumers.listens.deadletter import DETAIL_CHARACTERS, NO_SOURCE, DeadLetter, DeadReason, head_of, reason_for
from consumers.listens.entities import Known, Unseen, UnstorableTrackError
from consumers.listens.rows import listen_row
from consumers.listens.runs import Message, Partition, Run
from schemas.listen import VERSION, ListenMessage

# The track stays unparsed: see schemas/listen.py.
_decode = msgspec.json.Decoder(ListenMessage[msgspec.Raw]).decode
# The user of a source that does not exist.
NOBODY = 0
# What an unreadable message raises; None, the value of a tombstone, is a TypeError.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError, UnstorableTrackError)


@dataclass(slots=True)
class Count:
    """What became of the messages of one source in one partition."""

    partition: Partition
    source_id: int
    read: int = 0
    inserted: int = 0
    dead: int = 0


@dataclass(slots=True)
class Batch:
    """What one transaction stores. `counts[slot]` belongs to the rows staged with that slot.

    `strangers` are sources that `users` says nothing about: look them up and pack again.
    """

    runs: Sequence[Run]
    unseen: Unseen
    listens: list[bytes] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    strangers: set[int] = field(default_factory=set)


def pack(runs: Sequence[Run], known: Known, users: Mapping[int, int], latest: int) -> Batch:
    """The rows of all messages, their counts, and the dead letters among them.

    `users` maps a source to its user, one that does not exist to NOBODY; `latest` is the last second that is no broken
    clock.
    """
    batch = Batch(runs, Unseen(known))
    for run in runs:
        _Packer(batch, known, users, run.partition).pack(run.messages, latest)
    # Packed rows sort as the primary key does: the index takes them 0.6 us a row cheaper, and workers that store the
    # same plays (one of each lane) wait for each other in one direction only.
    batch.listens.sort()
    return batch


def condemned(run: Run, detail: str) -> Batch:
    """A batch of one message that the database refuses: it passes the message and keeps it as a dead letter."""
    (message,) = run.messages
    _, source_id = head_of(message.value() or b"")
    dead = DeadLetter(run.partition, message, source_id, "store", "unstorable", detail[:DETAIL_CHARACTERS])
    return Batch([run], Unseen(Known()), counts=[Count(run.partition, source_id, read=1, dead=1)], dead=[dead])


class _Packer:
    """Packs the messages of one partition into the batch."""

    def __init__(self, batch: Batch, known: Known, users: Mapping[int, int], partition: Partition) -> None:
        self._batch = batch
        self._tracks = known.tracks
        self._users = users
        self._partition = partition
        self._slots: dict[int, int] = {}

    def pack(self, messages: Sequence[Message], latest: int) -> None:
        # Bound once: this loop is the worker's own share of the time for a play.
        known, users, slots, append = self._tracks, self._users, self._slots, self._batch.listens.append
        fresh, meet, counts = self._batch.unseen.spellings, self._batch.unseen.meet, self._batch.counts
        for message in messages:
            try:
                listen = _decode(message.value())  # type: ignore[arg-type]
                source = listen.source_id
                user = users.get(source)
                if not user or listen.v != VERSION or listen.listened_at > latest:
                    self._refuse(message, listen, latest)
                    continue
                spelling = bytes(listen.track)
                # One without ids is found by itself; one with ids per source, for each of them states the ids anew.
                track = (
                    known.get(spelling)
                    or fresh.get(spelling)
                    or known.get(stated := (spelling, source))
                    or fresh.get(stated)
                    or meet(spelling, source)
                )
            except _UNREADABLE as error:
                self._bury(message, reason_for(message.value()), str(error) if message.value() else "no value")
                continue
            slot = slots.get(source)
            if slot is None:
                slot = self._slot(source)
            counts[slot].read += 1
            append(listen_row(user, listen.listened_at, track, source, slot, listen.played_ms))

    def _slot(self, source: int) -> int:
        slot = self._slots.get(source)
        if slot is None:
            slot = self._slots[source] = len(self._batch.counts)
            self._batch.counts.append(Count(self._partition, source))
        return slot

    def _refuse(self, message: Message, listen: ListenMessage[msgspec.Raw], latest: int) -> None:
        if listen.v != VERSION:
            self._bury(message, "unsupported_version", f"version {listen.v}, this worker reads {VERSION}")
        elif listen.listened_at > latest:
            self._bury(message, "too_late", f"listened_at {listen.listened_at} is after {latest}")
        elif self._users.get(listen.source_id) == NOBODY:
            self._bury(message, "unknown_source", f"there is no source {listen.source_id}")
        else:
            self._batch.strangers.add(listen.source_id)

    def _bury(self, message: Message, reason: DeadReason, detail: str) -> None:
        _, source = head_of(message.value() or b"")
        if source not in self._users and source != NO_SOURCE:
            self._batch.strangers.add(source)
        source = source if self._users.get(source) else NO_SOURCE
        count = self._batch.counts[self._slot(source)]
        count.read += 1
        count.dead += 1
        letter = DeadLetter(self._partition, message, source, "decode", reason, detail[:DETAIL_CHARACTERS])
        self._batch.dead.append(letter)

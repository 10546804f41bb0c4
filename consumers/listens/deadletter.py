"""Messages that can never become a listen: why, and with all that is needed to look at them and to send them again."""

from typing import Literal, NamedTuple, TypeAlias

import msgspec

from consumers.listens.runs import Message, Partition
from schemas.listen import VERSION

# Closed: a new cause gets a name here.
DeadReason: TypeAlias = Literal["empty", "malformed", "too_late", "unknown_source", "unstorable", "unsupported_version"]
# Stands for every message that names no source that exists.
NO_SOURCE = 0
# What fits the database's integer; the sink would choke on looking up a larger one.
MAX_SOURCE = 2_147_483_647
# Enough to recognise the fault; the whole message is kept beside it.
DETAIL_CHARACTERS = 500


class DeadLetter(NamedTuple):
    """One message, where it was, and why it died; `source_id` is NO_SOURCE where it names none that exists."""

    partition: Partition
    message: Message
    source_id: int
    stage: Literal["decode", "store"]
    reason: DeadReason
    detail: str


class _Head(msgspec.Struct):
    v: int = 0
    source_id: int = NO_SOURCE


_decode_head = msgspec.json.Decoder(_Head).decode


def head_of(value: bytes) -> tuple[int, int]:
    """Version and source of a message that is otherwise unreadable, as far as they can be made out; else zeros."""
    try:
        head = _decode_head(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0, NO_SOURCE
    return head.v, head.source_id if NO_SOURCE < head.source_id <= MAX_SOURCE else NO_SOURCE


def reason_for(value: bytes | None) -> DeadReason:
    """Why a value could not be decoded."""
    if not value:
        return "empty"
    return "unsupported_version" if head_of(value)[0] > VERSION else "malformed"

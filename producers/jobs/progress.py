"""What a job tells of its progress, and how it is asked to stop."""

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias


class Step(NamedTuple):
    """How far a job is: rows read, messages stored of those accepted, listens looked at by an undo, or removed.

    `share` of the whole, from 0 to 1, where it is known. `trouble` is what the job waits for, if it does not get on.
    """

    phase: Literal["reading", "storing", "undoing", "removing"]
    done: int
    total: int | None = None
    share: float | None = None
    trouble: str = ""


# Called between two rows or batches. What it raises ends the job there, in good order.
Watch: TypeAlias = Callable[[Step], None]


class Cancelled(Exception):
    """The person wants no more; raised by a Watch."""

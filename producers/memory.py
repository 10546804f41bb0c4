"""Remembers what was made of the names that keep coming back: a library plays its tracks again and again."""

from collections.abc import Callable
from random import getrandbits
from typing import TypeVar, TypeVarTuple

_MOST = 8_000
# Once it was full, only one in eight of what is new is remembered, by chance: counting could fall into step with the
# rows. What comes often is soon among it all the same, and in a library of many tracks it is not pushed out by what
# never comes again, which would cost 0.7 us a play.
_BITS = 3

Key = TypeVarTuple("Key")
T = TypeVar("T")


def remembered(make: Callable[[*Key], T]) -> Callable[[*Key], T]:
    """`make`, whose result depends on nothing but its arguments, spared for many of those that it has met.

    Arguments are positional and can be hashed. What it raises is raised again; None is made anew each time.
    """
    known: dict[tuple[*Key], T] = {}
    known_as, bits = known.get, 0

    def remember(*key: *Key) -> T:
        nonlocal bits
        found = known_as(key)
        if found is None:
            found = make(*key)
            if not getrandbits(bits):
                if len(known) >= _MOST:
                    known.clear()
                    bits = _BITS
                known[key] = found
        return found

    return remember

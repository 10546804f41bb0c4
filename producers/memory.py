"""Remembers what was made of the names that keep coming back: a library plays its tracks again and again."""

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

_MOST = 8_000
# Of what is new only every eighth is remembered. What comes often is soon among it all the same, and a library that
# hardly repeats itself does not fill the memory with what never comes again, which costs 0.8 us a play.
_EVERY = 8

Key = TypeVarTuple("Key")
T = TypeVar("T")


def remembered(make: Callable[[*Key], T]) -> Callable[[*Key], T]:
    """`make`, which depends on nothing but its arguments, spared for many of those that it has met.

    Arguments are positional and can be hashed. What it raises is raised again; None is made anew each time.
    """
    known: dict[tuple[*Key], T] = {}
    known_as, new = known.get, 0

    def remember(*key: *Key) -> T:
        nonlocal new
        found = known_as(key)
        if found is None:
            found = make(*key)
            new += 1
            if new % _EVERY == 0:
                if len(known) >= _MOST:
                    known.clear()
                known[key] = found
        return found

    return remember

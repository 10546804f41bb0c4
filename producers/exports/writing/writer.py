"""What a format needs to be written as a stream: a track is encoded once, and a play around it as often as it comes."""

from collections.abc import Callable
from typing import NamedTuple

from producers.exports.alias import Alias
from schemas.listen import Track


class Others(NamedTuple):
    """The other names of a track, of its album, and of each of its artists."""

    titles: tuple[str, ...] = ()
    albums: tuple[str, ...] = ()
    artists: tuple[tuple[str, ...], ...] = ()


class Writer(NamedTuple):
    """How a format is written: `head` for a person and the time of writing, the plays with `between` them, `tail`.

    `play` gets what `track` has made of the track. `merged`: names are those that a person sees; else as they were
    written, and what stands for what comes as `alias`, each before the first play that it is about.
    """

    head: Callable[[str, int], bytes]
    track: Callable[[Track, Others], bytes]
    play: Callable[[int, bytes, int | None], bytes]
    between: bytes = b""
    tail: bytes = b""
    merged: bool = True
    alias: Callable[[Alias], bytes] | None = None

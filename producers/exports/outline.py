"""How a file begins: enough to tell its format, however large it is and wherever its beginning is cut."""

from contextlib import suppress
from itertools import dropwhile
from typing import NamedTuple, TypeAlias

from producers.exports.json_text import after_separators, after_space, raw_decode

# Every path of keys that the beginning of a file shows, array elements as "item": "scrobbles.item.track.title".
Outline: TypeAlias = frozenset[str]

_DEEPEST_PATH = 8


class Head(NamedTuple):
    """The beginning of a file, and what it shows of JSON structure."""

    start: bytes
    outline: Outline


def in_rows(seen: Outline, *around: str) -> Outline:
    """The paths within rows: without the arrays around them, and without the keys `around` under which they lie."""
    skipped = {"item", *around}
    return frozenset(".".join(dropwhile(skipped.__contains__, path.split("."))) for path in seen)


def outline(head: bytes) -> Outline:
    """What the beginning of a file shows of its structure, be it one document or many; empty if it is no JSON."""
    paths: set[str] = set()
    text = head.decode(errors="replace")
    at = after_separators(text, 0)
    # The head ends somewhere in a value, and so may this.
    with suppress(ValueError, IndexError, RecursionError):
        while at < len(text):
            at = after_separators(text, _walk(text, at, "", paths))
    return frozenset(paths)


def _walk(text: str, at: int, path: str, paths: set[str]) -> int:
    """Add the paths below `path` for the value at `at`; the position behind it. Raises where the text ends."""
    kind = text[at]
    if kind not in "[{" or path.count(".") > _DEEPEST_PATH:
        return raw_decode(text, at)[1]
    prefix = f"{path}." if path else ""
    at = after_space(text, at + 1)
    while text[at] not in "]}":
        name = "item"
        if kind == "{":
            name, at = raw_decode(text, at)
            at = after_space(text, after_space(text, at) + 1)
        paths.add(f"{prefix}{name}")
        at = after_space(text, _walk(text, at, f"{prefix}{name}", paths))
        if text[at] == ",":
            at = after_space(text, at + 1)
    return at + 1

"""A member of an export that was opened to be read, what is wanted of it, and how far its reading is."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from producers.exports.alias import Alias
from producers.exports.streams import ExportStream
from schemas.listen import CLOCK_SKEW_SECONDS, EARLIEST, END_OF_TIME

_CHUNK = 65_536


def latest_second() -> int:
    """The last second that a play may have now; later is a broken clock."""
    return int(time.time()) + CLOCK_SKEW_SECONDS


class Rules(NamedTuple):
    """What the person wants of the rows, whatever their format.

    Plays wanted: from `since` to before `until` (epoch seconds); `latest` is the last second that is no broken clock.
    `spotify_time` says which end of a stream Spotify's play gets as its time.
    """

    latest: int
    since: int = EARLIEST
    until: int = END_OF_TIME
    spotify_time: Literal["end", "start"] = "end"


class Position(msgspec.Struct, frozen=True):
    """How far the reading of an export is: row `row` of its `member` (from 0) was given out last.

    Reading continues at `byte` (a byte order mark does not count), where the record after row `before` begins; what
    lies between that and `row` is skipped. `inside` are the brackets that JSON has opened before that byte.
    """

    member: int = 0
    row: int = 0
    before: int = 0
    byte: int = 0
    inside: str = ""


@dataclass(slots=True)
class Place:
    """Where the reading of a member began, and the number of the row that was given out last.

    A source of rows that can continue at a byte replaces `tell` by what returns (rows before that byte, the byte), and
    for JSON what is around it; else a later reading begins with the first row. One whose stream does not show how far
    it is knows how many `rows` it has.
    """

    start: Position
    row: int = 0
    tell: Callable[[], tuple[int, int] | tuple[int, int, str]] = lambda: (0, 0)
    rows: int | None = None


class Opened(NamedTuple):
    """One member. `label` is what a person needs to find it; `path` is there where it is a file of its own.

    Other names of what it holds are added to `aliases`, where that is given.
    """

    stream: ExportStream
    name: str
    label: str
    path: Path | None
    rules: Rules
    place: Place
    aliases: set[Alias] | None = None

    def skip_to_start(self) -> None:
        """Skip the bytes before the place to begin at; by reading, for a compressed member knows no other way."""
        left = self.place.start.byte
        while left and (passed := len(self.stream.read(min(left, _CHUNK)))):
            left -= passed

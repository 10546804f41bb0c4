"""A JSON document that is larger than memory, on a buffer that never exceeds MAX_ROW_BYTES and a bit.

Rows come one by one from the tolerant decoder until two have shown what stands between rows. From there msgspec takes
all rows of the buffer at once: where "[" + text + "]" is JSON, the text is complete rows and nothing else, wherever it
was cut. A row of Maloja costs 0.9 us so instead of 1.6, one of Spotify 0.7 instead of 3.7. Text that it refuses goes
the slow way.

The buffer holds a character for each byte, as Latin-1 does: the signs of JSON are where they are in UTF-8, places are
bytes, and what is decoded at once is handed over as the bytes it was. As text, a row of Spotify cost 0.5 us more.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from producers.exports.json_text import CUT_OFF_HINT, after_space, ran_out, raw_decode
from producers.exports.opened import Opened
from producers.exports.rows import MAX_ROW_BYTES
from schemas.errors import DataFault

_CHUNK = 65_536
_BYTES = "latin-1"
_NOWHERE = (-1, 0)
# What follows a number that the end of the text cuts off: 1.5, 1e5, 1e+5.
_CUT_NUMBER_CHARACTERS = 2
_NUMBERS = {int, float}
# Where an object ends and another begins, as far as its first key.
_SEAM = re.compile(r"\}(?P<comma>[ \t\n\r]*,[ \t\n\r]*)\{[ \t\n\r]*\"[^\"\\]{0,60}\"")


class Document:
    """One JSON document, of which only what is read at the moment is in memory: whoever reads it says what comes next.

    Elements that are decoded at once are of the type `row`, the others what json.loads makes of them; `behind` are keys
    that tell in the text that an array has ended, for several may fit into the buffer. `begun` is true if the reading
    starts within an array. Every method raises DataFault where what is asked for does not come.
    """

    def __init__(self, source: Opened, row: Any = Any, behind: tuple[str, ...] = ()) -> None:
        source.skip_to_start()
        self.begun = source.place.start.byte > 0
        self._decode = msgspec.json.Decoder(list[row]).decode
        self._behind = tuple(f'"{key}"' for key in behind)
        self._stream = source.stream
        self._label = source.label
        self._text = ""
        self._at = 0
        self._bytes_read = source.place.start.byte
        self._rows = source.place.start.before
        self._rows_before_run: int | None = None
        # Behind the bracket that closes an array nothing can go on.
        self._closed = _NOWHERE
        # Up to where in the text nothing can be decoded at once.
        self._refused = 0
        source.place.tell = self.tell

    def tell(self) -> tuple[int, int]:
        """The number of rows before the place to go on at, and the byte of that place: both for Place.tell."""
        if self._closed[0] == self._rows:
            return self._closed
        return self._rows if self._rows_before_run is None else self._rows_before_run, self._byte()

    def numbered(self, runs: Iterable[list[Any]]) -> Iterator[tuple[int, Any]]:
        """The rows of all runs with their numbers, which faults and `tell` name."""
        for run in runs:
            first = self._rows + 1
            self._rows += len(run)
            yield from enumerate(run, first)

    def next_character(self) -> str:
        """The next one that is no white space, not yet taken; "" at the end of the file."""
        while True:
            if self._at < len(self._text) and (found := self._text[self._at]) > " ":
                return found
            self._at = after_space(self._text, self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_more():
                return ""

    def runs(self, *, begun: bool = False) -> Iterator[list[Any]]:
        """The elements of the array that comes next, or of one of which some were read before, several at once."""
        for _ in self.places(begun=begun):
            yield from self.run()

    def places(self, *, begun: bool = False) -> Iterator[None]:
        """The places of the elements of the array that comes next: whoever takes one must read or skip what is there.

        Where it has `begun`, it goes on before or behind a comma.
        """
        if not begun:
            self._take("[")
        elif self.next_character() == ",":
            self._at += 1
        self._closed = _NOWHERE
        if self.next_character() != "]":
            yield
        while self.next_character() != "]":
            self._take(",")
            self.next_character()
            self._closed = _NOWHERE
            yield
        self._closed = self._rows, self._byte()
        self._at += 1

    def run(self) -> Iterator[list[Any]]:
        """The element that comes next, then as many behind it as can be decoded at once."""
        yield [self.value()]
        if self._at < self._refused or not (seam := _SEAM.match(self._text, self._at - 1)):
            return
        start = seam.end("comma")
        stops = [found for key in self._behind if (found := self._text.find(key, start)) >= 0]
        stop = min(stops, default=len(self._text))
        last = self._text.rfind(seam[0], start, stop)
        if last < 0:
            self._refused = stop
            return
        try:
            rows = self._text[start : last + 1].encode(_BYTES)
            rows.decode()  # msgspec does not look into what it passes over
            alike = self._decode(b"[%b]" % rows)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._refused = stop
            return
        self._rows_before_run = self._rows
        yield alike
        self._rows_before_run = None
        self._at = last + 1

    def shows(self, pattern: re.Pattern[str]) -> bool:
        """Whether what is in the buffer goes on so: a hint, for the buffer may end too early."""
        return pattern.match(self._text, self._at) is not None

    def value(self) -> object:
        """The value that comes next."""
        self.next_character()
        while True:
            try:
                value, end = self._value_at(self._at)
            except json.JSONDecodeError as error:
                if not ran_out(error):
                    raise self._fault("is not JSON") from error
                if not self._read_more():
                    raise self._fault("breaks off") from error
            except (ValueError, RecursionError) as error:
                undecodable = isinstance(error, UnicodeDecodeError)
                state = "is not UTF-8 text" if undecodable else "is nested too deep or holds an endless number"
                raise self._fault(state) from error
            else:
                complete = type(value) not in _NUMBERS or end + _CUT_NUMBER_CHARACTERS < len(self._text)
                if complete or not self._read_more():
                    self._at = end
                    return value

    def _value_at(self, at: int) -> tuple[object, int]:
        """What raw_decode finds there, and its end."""
        value, end = raw_decode(self._text, at)
        written = self._text[at:end]
        return (value if written.isascii() else raw_decode(written.encode(_BYTES).decode())[0]), end

    def fields(self, *, begun: bool = False) -> Iterator[str]:
        """The keys of the object that comes next; whoever takes one must read or skip its value."""
        if not begun:
            self._take("{")
            if self.next_character() == "}":
                self._at += 1
                return
        elif self._take(",}") == "}":
            return
        while True:
            key = str(self.value())
            self._take(":")
            yield key
            if self._take(",}") == "}":
                return

    def skip(self) -> None:
        """Pass over the value that comes next; an array may be of any length."""
        if self.next_character() == "[":
            for _ in self.runs():
                pass
        else:
            self.value()

    def must_end(self) -> None:
        """Raise DataFault unless nothing but white space is left."""
        if self.next_character():
            raise self._fault("goes on after its end")

    def _take(self, expected: str) -> str:
        found = self.next_character()
        if not found or found not in expected:
            raise self._fault("is not JSON" if found else "breaks off")
        self._at += 1
        return found

    def _read_more(self) -> bool:
        """Read on and forget what is behind, so that the value being read begins at 0; False at the end of the file."""
        if len(self._text) - self._at > MAX_ROW_BYTES:
            raise self._fault(f"has a value of more than {MAX_ROW_BYTES:,} bytes")
        chunk = self._stream.read(_CHUNK)
        if not chunk:
            return False
        self._bytes_read += len(chunk)
        self._text = self._text[self._at :] + chunk.decode(_BYTES)
        self._at = 0
        self._refused = 0
        return True

    def _fault(self, state: str) -> DataFault:
        hint = CUT_OFF_HINT if state == "breaks off" else ""
        place = f"after row {self._rows:,}" if self._rows else "before its first row ends"
        return DataFault(f"{self._label} {state} {place}, at byte {self._byte():,}", hint)

    def _byte(self) -> int:
        """The number of bytes before what is read next."""
        return self._bytes_read - (len(self._text) - self._at)

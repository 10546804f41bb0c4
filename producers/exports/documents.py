"""A JSON document that is larger than memory, row by row, on a buffer that never exceeds MAX_ROW_BYTES and a bit.

Rows come one by one from the tolerant decoder until two have shown what stands between rows. From there msgspec takes
all rows of the buffer at once: where "[" + text + "]" is JSON, the text is complete rows and nothing else, wherever it
was cut. A row of Maloja costs 0.9 us so instead of 1.6. Text that it refuses goes the slow way.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from producers.exports.json_text import CUT_OFF_HINT, after_space, ran_out, raw_decode
from producers.exports.opened import Opened
from producers.exports.rows import MAX_ROW_BYTES
from schemas.errors import DataFault

_CHUNK = 65_536
# What follows a number that the end of the text cuts off: 1.5, 1e5, 1e+5.
_CUT_NUMBER_CHARACTERS = 2
_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")
_FOLLOWING_OBJECT = re.compile(r'[ \t\n\r]*,[ \t\n\r]*(?P<object>\{[ \t\n\r]*"[^"\\]*"[ \t\n\r]*:)')


def document_rows(source: Opened, *keys: str, row: Any = Any) -> Iterator[tuple[int, Any]]:
    """The elements of a top-level array, or those of the arrays under `keys` of a top-level object, numbered from 1.

    Elements are what json.loads makes of them, or of the type `row` where they fit it.

    Raises DataFault, after every complete row before it, where the document ends too early, is not JSON or not UTF-8.
    """
    document = _Document(source, msgspec.json.Decoder(list[row]).decode)
    if source.place.start.byte:
        yield from document.rows(begun=True)
        keys_left = document.fields(begun=True) if document.next_character() else iter(())
    elif document.next_character() == "[":
        yield from document.rows()
        keys_left = iter(())
    else:
        keys_left = document.fields()
    for key in keys_left:
        if key in keys:
            yield from document.rows()
        else:
            document.skip()
    if document.next_character():
        raise document.fault("goes on after its end")


class _Document:
    """One JSON document, of which only the value being read is in memory."""

    def __init__(self, source: Opened, decode: Callable[[str], list[Any]]) -> None:
        source.skip_to_start()
        self._stream = source.stream
        self._label = source.label
        self._place = source.place
        self._place.tell = self._tell
        self._decode = decode
        # Up to which position of the text decoding many rows at once has failed.
        self._refused = 0
        # Where the rows that were decoded at once began: rows before it, and its byte.
        self._block: tuple[int, int] | None = None
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0
        self._undecodable: UnicodeDecodeError | None = None
        self._bytes_read = source.place.start.byte
        self._rows = source.place.start.before

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

    def rows(self, *, begun: bool = False) -> Iterator[tuple[int, Any]]:
        """The elements of the array that comes next, or of one of which some were read before."""
        for row in self._elements(begun=begun):
            self._rows += 1
            yield self._rows, row

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
            key = str(self._value())
            self._take(":")
            yield key
            if self._take(",}") == "}":
                return

    def skip(self) -> None:
        """Pass over the value that comes next; an array may be of any length."""
        if self.next_character() == "[":
            for _ in self._elements():
                pass
        else:
            self._value()

    def _elements(self, *, begun: bool = False) -> Iterator[object]:
        if not begun:
            self._take("[")
            if self.next_character() == "]":
                self._at += 1
                return
        elif self._take(",]") == "]":
            return
        while True:
            yield self._value()
            if following := _FOLLOWING_OBJECT.match(self._text, self._at):
                boundary = self._text[self._at - 1 : following.end()]
                yield from self._at_once(boundary, following.start("object"))
            if comma := _COMMA.match(self._text, self._at):
                self._at = comma.end()
            elif self._take(",]") == "]":
                return

    def _at_once(self, boundary: str, start: int) -> Iterator[object]:
        """The elements from `start` to the last `boundary` in the text, or none; the comma behind them is not taken."""
        stop = self._text.rfind(boundary, start)
        if stop <= self._refused:
            return
        try:
            values = self._decode(f"[{self._text[start : stop + 1]}]")
        except (msgspec.DecodeError, RecursionError):
            self._refused = stop
            return
        self._block = self._rows, self._byte()
        self._at = stop + 1
        yield from values
        self._block = None

    def _take(self, expected: str) -> str:
        found = self.next_character()
        if not found or found not in expected:
            raise self.fault("is not JSON" if found else "breaks off")
        self._at += 1
        return found

    def _value(self) -> object:
        self.next_character()
        while True:
            try:
                value, end = raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not ran_out(error):
                    raise self.fault("is not JSON") from error
                if not self._read_more():
                    raise self.fault("breaks off") from error
            except (ValueError, RecursionError) as error:
                raise self.fault("is nested too deep or holds an endless number") from error
            else:
                if end + _CUT_NUMBER_CHARACTERS < len(self._text) or not self._read_more():
                    self._at = end
                    return value

    def _read_more(self) -> bool:
        """Read on and forget what is behind, so that the value being read begins at 0; False at the end of the file."""
        if self._undecodable:
            raise self.fault("is not UTF-8 text") from self._undecodable
        if len(self._text) - self._at > MAX_ROW_BYTES:
            raise self.fault(f"has a value of more than {MAX_ROW_BYTES:,} characters")
        chunk = self._stream.read(_CHUNK)
        if not chunk:
            return False
        self._bytes_read += len(chunk)
        try:
            more = self._utf8.decode(chunk)
        except UnicodeDecodeError as error:
            # The rows before it come first, so it is told when they are used up.
            more = error.object[: error.start].decode()
            self._bytes_read -= len(error.object) - error.start
            self._undecodable = error
        self._text = self._text[self._at :] + more
        self._at = self._refused = 0
        return True

    def fault(self, state: str) -> DataFault:
        """What is wrong with the document, and where: the caller raises it."""
        hint = CUT_OFF_HINT if state == "breaks off" else ""
        place = f"after row {self._rows:,}" if self._rows else "before its first row ends"
        return DataFault(f"{self._label} {state} {place}, at byte {self._byte():,}", hint)

    def _tell(self) -> tuple[int, int]:
        return self._block or (self._place.row, self._byte())

    def _byte(self) -> int:
        """The number of bytes before what is read next."""
        ahead = self._text[self._at :].encode(errors="replace")
        return self._bytes_read - len(ahead) - len(self._utf8.getstate()[0])

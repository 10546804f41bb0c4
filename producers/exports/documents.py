"""JSON that is larger than memory: the rows of one document, the lines of many, and an outline of how a file begins.

The decoder is the standard library's, one row at a time, on a buffer that never exceeds MAX_ROW_BYTES and a bit. It is
faster here than ijson (430k rows/s of Maloja against 310k), knows where each row begins, and cannot be killed: ijson
3.6 dies of a number with 5,000 digits and takes all memory for 200 kB of "[".
"""

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedReader
from typing import TypeAlias

from producers.exports.rows import MAX_ROW_BYTES, Refused
from schemas.errors import DataFault

# Every path of keys that the beginning of a file shows, array elements as "item": "scrobbles.item.track.title".
Outline: TypeAlias = frozenset[str]

_CHUNK = 65_536
_DEEPEST_PATH = 8
# The longest literal, -Infinity, is reported at its first character when it is cut.
_LONGEST_LITERAL = 9
_CUT_OFF_HINT = "The file is not complete: export or download it again."
_SPACE = re.compile(r"[ \t\n\r]*")
# NaN is no number, and a line feed in a title is no reason to lose the play.
_raw_decode = json.JSONDecoder(strict=False, parse_constant=lambda _: None).raw_decode


def document_rows(stream: BufferedReader, label: str, *keys: str) -> Iterator[object]:
    """The elements of a top-level array, or those of the arrays under `keys` of a top-level object, one by one.

    Raises DataFault, after every complete row before it, where the document ends too early, is not JSON or not UTF-8.
    `label` is what the fault calls the file.
    """
    document = _Document(stream, label)
    if document.next_character() == "[":
        yield from document.rows()
    else:
        for key in document.fields():
            if key in keys:
                yield from document.rows()
            else:
                document.skip()
    if document.next_character():
        raise document.fault("goes on after its end")


def lines(stream: BufferedReader, label: str) -> Iterator[tuple[int, bytes | None]]:
    """The lines that are not blank, numbered from 1; None for one longer than MAX_ROW_BYTES.

    Raises DataFault if the last line is JSON that was cut off.
    """
    number = 0
    while line := stream.readline(MAX_ROW_BYTES):
        number += 1
        if len(line) == MAX_ROW_BYTES and not line.endswith(b"\n"):
            while (rest := stream.readline(MAX_ROW_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif not line.isspace():
            if not line.endswith(b"\n") and _is_cut_off(line):
                raise DataFault(f"{label} breaks off in line {number}", _CUT_OFF_HINT)
            yield number, line


def tolerant_decode(line: bytes) -> object:
    """A line that a strict decoder refused: lone surrogates, NaN and huge numbers pass. Raises Refused."""
    try:
        return _raw_decode(line.decode().strip())[0]
    except (ValueError, RecursionError) as error:
        raise Refused("malformed_row") from error


def outline(head: bytes) -> Outline:
    """What the beginning of a file shows of its structure, be it one document or many; empty if it is no JSON."""
    paths: set[str] = set()
    text = head.decode(errors="replace")
    at = _after_space(text, 0)
    # The head ends somewhere in a value, and so may this.
    with suppress(ValueError, IndexError, RecursionError):
        while at < len(text):
            at = _after_space(text, _walk(text, at, "", paths))
    return frozenset(paths)


def _walk(text: str, at: int, path: str, paths: set[str]) -> int:
    """Add the paths below `path` for the value at `at`; the position behind it. Raises where the text ends."""
    kind = text[at]
    if kind not in "[{" or path.count(".") > _DEEPEST_PATH:
        return _raw_decode(text, at)[1]
    prefix = f"{path}." if path else ""
    at = _after_space(text, at + 1)
    while text[at] not in "]}":
        name = "item"
        if kind == "{":
            name, at = _raw_decode(text, at)
            at = _after_space(text, _after_space(text, at) + 1)
        paths.add(f"{prefix}{name}")
        at = _after_space(text, _walk(text, at, f"{prefix}{name}", paths))
        if text[at] == ",":
            at = _after_space(text, at + 1)
    return at + 1


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _is_cut_off(line: bytes) -> bool:
    try:
        _raw_decode(line.decode(errors="ignore").lstrip())
    except json.JSONDecodeError as error:
        return _ran_out(error)
    except (ValueError, RecursionError):
        pass
    return False


def _ran_out(error: json.JSONDecodeError) -> bool:
    """Whether more text could make it right: the decoder got to the end. An open string is reported where it starts."""
    return error.pos >= len(error.doc) - _LONGEST_LITERAL or error.msg.startswith("Unterminated")


class _Document:
    """One JSON document, of which only the value being read is in memory."""

    def __init__(self, stream: BufferedReader, label: str) -> None:
        self._stream = stream
        self._label = label
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0
        self._undecodable: UnicodeDecodeError | None = None
        self._bytes_read = 0
        self._rows = 0

    def next_character(self) -> str:
        """The next one that is no white space, not yet taken; "" at the end of the file."""
        while True:
            if self._at < len(self._text) and (found := self._text[self._at]) > " ":
                return found
            self._at = _after_space(self._text, self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_more():
                return ""

    def rows(self) -> Iterator[object]:
        """The elements of the array that comes next."""
        for row in self._elements():
            self._rows += 1
            yield row

    def fields(self) -> Iterator[str]:
        """The keys of the object that comes next; whoever takes one must read or skip its value."""
        self._take("{")
        if self.next_character() == "}":
            self._at += 1
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

    def _elements(self) -> Iterator[object]:
        self._take("[")
        if self.next_character() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if self._take(",]") == "]":
                return

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
                value, end = _raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not _ran_out(error):
                    raise self.fault("is not JSON") from error
                if not self._read_more():
                    raise self.fault("breaks off") from error
            except (ValueError, RecursionError) as error:
                raise self.fault("is nested too deep or holds an endless number") from error
            else:
                # A number that ends with the text may go on.
                if end < len(self._text) or not self._read_more():
                    self._at = end
                    return value

    def _read_more(self) -> bool:
        """Forget what is behind, read on; False at the end of the file."""
        self._text = self._text[self._at :]
        self._at = 0
        if len(self._text) > MAX_ROW_BYTES:
            raise self.fault(f"has a value of more than {MAX_ROW_BYTES:,} characters")
        if self._undecodable:
            raise self.fault("is not UTF-8 text") from self._undecodable
        chunk = self._stream.read(_CHUNK)
        self._bytes_read += len(chunk)
        try:
            self._text += self._utf8.decode(chunk)
        except UnicodeDecodeError as error:
            # The rows before it come first, so it is told when they are used up.
            self._text += error.object[: error.start].decode()
            self._bytes_read -= len(error.object) - error.start
            self._undecodable = error
        return bool(chunk)

    def fault(self, state: str) -> DataFault:
        """What is wrong with the document, and where: the caller raises it."""
        here = self._bytes_read - len(self._text[self._at :].encode(errors="replace")) - len(self._utf8.getstate()[0])
        hint = _CUT_OFF_HINT if state == "breaks off" else ""
        place = f"after row {self._rows:,}" if self._rows else "before its first row ends"
        return DataFault(f"{self._label} {state} {place}, at byte {here:,}", hint)

"""The rows of a file of JSON, whatever stands around and between them.

[row, row]     [[row, row], [row]]     {"key": [row, row], …}     {"key": {"key": row}}     row row row     row, row,

A file is a sequence of values, for people put files together: arrays, one page after the other, an object per line or
over several lines. Rows are what it holds directly or in arrays; an object with a key that a format has around its rows
is no row, but holds rows under that key.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from producers.exports.json_buffer import BOM, BYTES, KEPT, Buffer
from producers.exports.json_runs import AtOnce
from producers.exports.json_text import Broken, has_key
from producers.exports.opened import Opened
from schemas.errors import DataFault

_DEEPEST = 32
_OPENING = {"]": "[", "}": "{"}
_SPACE = r"[ \t\n\r]*"
_FIRST_KEY = re.compile(rf'\{{{_SPACE}"([^"\\]{{1,60}})"')
# Of a row that cannot be read, this much is told.
_TOLD = 4_096


def json_rows(source: Opened, *around: str, row: type[msgspec.Struct]) -> Iterator[tuple[int, Any]]:
    """The rows, numbered from 1; `around` are the keys under which a format has its rows.

    Rows are of the type `row`, which no object around rows fits, or what json.loads makes of them; bytes where a row
    cannot be read but the next one can be found. Raises DataFault, after every complete row before it, where the file
    ends within a row or an array, or cannot be read any further.
    """
    return _Reader(source, around, row).numbered()


class _Reader:
    def __init__(self, source: Opened, around: tuple[str, ...], row: type[msgspec.Struct]) -> None:
        start = source.place.start
        source.skip_to_start()
        self._label = source.label
        self._buffer = Buffer(source.stream, start.byte)
        self._count = start.before
        self._inside = start.inside
        self._place = (start.before, start.byte, self._inside)
        self._around = frozenset(around)
        self._header = re.compile(rf'\{{[^\n]{{0,500}}?(?="(?:{"|".join(around)}){_SPACE}"{_SPACE}:{_SPACE}[\[{{])')
        self._at_once = AtOnce(row)
        self._first_key = ""
        self._key: object = None
        # The first keys of objects that hold rows.
        self._first_keys_around: set[str] = set()
        source.place.tell = lambda: self._place

    def numbered(self) -> Iterator[tuple[int, Any]]:
        for run in self._runs():
            first = self._count + 1
            self._count += len(run)
            yield from enumerate(run, first)

    def _runs(self) -> Iterator[list[Any]]:
        buffer = self._buffer
        while character := buffer.next_character():
            self._place = self._count, buffer.byte(), self._inside
            try:
                if character in _OPENING:
                    self._leave(character)
                elif character == "[" or (character == "{" and self._holds_rows()):
                    self._enter(character)
                elif character != "{" and self._inside.endswith("{"):
                    self._take_key()
                else:
                    yield from self._run()
            except Broken as broken:
                yield [self._unreadable(broken)]
        if self._inside:
            raise self._fault(Broken("breaks off", cut=True))

    def _enter(self, bracket: str) -> None:
        if len(self._inside) == _DEEPEST:
            raise Broken("is nested too deep")
        self._inside += bracket
        self._buffer.at += 1

    def _leave(self, bracket: str) -> None:
        if not self._inside.endswith(_OPENING[bracket]) or not self._inside:
            raise Broken("is not JSON")
        self._inside = self._inside[:-1]
        self._buffer.at += 1

    def _take_key(self) -> None:
        """Move to the value of the key that comes next if rows lie under it, else behind it."""
        buffer = self._buffer
        key, buffer.at = buffer.value()
        buffer.take(":")
        if key not in self._around or buffer.next_character() not in {"[", "{"}:
            buffer.skip_value()
            return
        # Only pages have it again, and to look for it costs a little.
        self._at_once.ends = f'"{key}"' if key == self._key else ""
        self._key = key

    def _holds_rows(self) -> bool:
        """Whether the object that comes next is no row but has rows in it."""
        buffer = self._buffer
        found = _FIRST_KEY.match(buffer.text, buffer.at)
        first = found[1] if found else ""
        if not self._around or (first == self._first_key and first not in self._first_keys_around):
            return False
        try:
            while (holds := has_key(buffer.text, buffer.at, self._around)) is None:
                if not buffer.read_more():
                    return False
        except Broken:
            # Koito writes the name of the person as it is, with quotes and all.
            header = self._header.match(buffer.text, buffer.at)
            if header is None:
                raise
            buffer.at = header.end() - 1
            return True
        if holds:
            self._first_keys_around.add(first)
        return holds

    def _run(self) -> Iterator[list[Any]]:
        """The row that comes next, then as many behind it as can be decoded at once."""
        buffer = self._buffer
        row, end = buffer.value()
        if isinstance(row, dict):
            if any(isinstance(row.get(key), list | dict) for key in self._around):
                self._enter("{")
                return
            first = _FIRST_KEY.match(buffer.text, buffer.at)
            self._first_key = first[1] if first else ""
        buffer.at = end
        yield [row]
        while alike := self._at_once.after(buffer):
            yield alike
            self._place = self._count, buffer.byte(), self._inside

    def _unreadable(self, broken: Broken) -> bytes:
        """The beginning of what cannot be read; the next row comes next. Raises DataFault if there is none to be seen.

        Only junk behind the end of everything is no fault: a tail of NULs, the error page of a server.
        """
        buffer, fault = self._buffer, self._fault(broken)
        if self._inside.endswith("{"):
            raise fault
        told = buffer.text[buffer.at : buffer.at + _TOLD].encode(BYTES)
        begin = buffer.byte()
        if not buffer.skip_to(self._next_row()) and (self._inside or broken.cut):
            raise fault
        return told[: buffer.byte() - begin]

    def _next_row(self) -> re.Pattern[str]:
        """What is before a row that follows the broken one: a line that begins like it, or what begins like a row."""
        buffer = self._buffer
        first = _FIRST_KEY.match(buffer.text, buffer.at)
        key = re.escape(self._first_key or (first[1] if first else ""))
        patterns = [rf'[}},]{_SPACE}(?=\{{{_SPACE}"{key}")'] if key else []
        line = buffer.text[max(buffer.at - KEPT, 0) : buffer.at].rpartition("\n")[2]
        if buffer.text[buffer.at] not in "[{":
            patterns.append(r"\n")
        elif not key or not line.strip(" \t"):
            indentation = line[: len(line) - len(line.lstrip(" \t"))]
            patterns.append(rf"\n{indentation}(?:{BOM})?(?=[\[{{])")
        return re.compile("|".join(patterns))

    def _fault(self, broken: Broken) -> DataFault:
        place = f"after row {self._count:,}" if self._count else "before its first row ends"
        return DataFault(f"{self._label} {broken.state} {place}, at byte {self._buffer.byte():,}", broken.hint)

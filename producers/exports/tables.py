"""Tables as text: a row is a line, or several where a quoted field holds line ends (CSV).

What people have was written by many programs and saved again by spreadsheets: with commas, semicolons or tabs, as UTF-8
or in the code page of Western Windows, with either kind of line end. A quote that nobody closes would swallow what
follows it; so where several lines do not make the right number of columns, the first is a bad row of its own, and
reading goes on with the second.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from producers.exports.json_text import CUT_OFF_HINT
from producers.exports.opened import Opened
from producers.exports.rows import MAX_ROW_BYTES
from schemas.errors import DataFault

# Of one row. The longest seen is a title of two lines.
_MAX_LINES = 64
_DELIMITERS = ",;\t"
_HEAD_LINES = 20

# The fields of a row; the line as it is if it has not as many as the table; None if it is too long to be one.
Cells: TypeAlias = list[str] | str | None


class Layout(NamedTuple):
    """What is between the columns of a table, where each is, how many there are, and the lines before the first row."""

    delimiter: str
    columns: dict[str, int]
    width: int
    lines_before: int

    def __call__(self, fields: list[str], *names: str) -> list[str]:
        """The fields of the named columns; "" for a column that the table does not have."""
        return [fields[place] if (place := self.columns.get(name, -1)) >= 0 else "" for name in names]


def layout(head: bytes, columns_of: Callable[[list[str]], dict[str, int] | None]) -> Layout | None:
    """The layout of a table, told by the first of its rows whose fields are what `columns_of` knows; None if none is.

    `lines_before` counts the lines until that row has ended, as if it were the header.
    """
    lines = [_text(line) for line in head.split(b"\n", _HEAD_LINES)[:_HEAD_LINES]]
    for number in range(1, len(lines) + 1):
        for delimiter in _DELIMITERS:
            fields, height = _first_row(lines[number - 1 :], delimiter)
            if columns := columns_of(fields):
                return Layout(delimiter, columns, len(fields), number - 1 + height)
    return None


def named_columns(fields: list[str], *needed: str) -> dict[str, int] | None:
    """Where the columns are if the fields are a header with those that are needed, in small letters or capitals."""
    names = {field.strip().lower(): place for place, field in enumerate(fields)}
    return names if names.keys() >= set(needed) else None


def table_rows(source: Opened, table: Layout, is_whole: Callable[[list[str]], bool]) -> Iterator[tuple[int, Cells]]:
    """The rows behind the header, numbered by the line in which they begin; blank lines are no rows.

    Raises DataFault where the last line does not end, and has not all columns or `is_whole` denies that it is all.
    """
    lines = _Lines(source, table.lines_before)
    while line := lines.take():
        number = lines.number
        if len(line) > MAX_ROW_BYTES:
            yield number, None
        elif not line.isspace():
            fields = _fields(line, lines, table)
            if not line.endswith(b"\n") and not (fields and is_whole(fields)):
                raise DataFault(f"{source.label} breaks off in line {number}", CUT_OFF_HINT)
            yield number, fields or _text(line)


class _Lines:
    """The lines of a stream, some of which may be put back; knows what Place.tell has to know."""

    def __init__(self, source: Opened, lines_before: int) -> None:
        self._stream = source.stream
        self._waiting: deque[bytes] = deque()
        self.number = source.place.start.before
        self._byte = source.place.start.byte
        source.skip_to_start()
        if not self._byte:
            for _ in range(lines_before):
                self.take()
        source.place.tell = lambda: (self.number, self._byte)

    def take(self) -> bytes:
        """The next line with its end, one byte longer than MAX_ROW_BYTES if it is longer; nothing at the end."""
        line = self._waiting.popleft() if self._waiting else self._stream.readline(MAX_ROW_BYTES)
        self._byte += len(line)
        self.number += bool(line)
        if len(line) == MAX_ROW_BYTES and not line.endswith(b"\n"):
            while rest := self._stream.readline(MAX_ROW_BYTES):
                self._byte += len(rest)
                if rest.endswith(b"\n"):
                    break
            return line + b"\n"
        return line

    def put_back(self, lines: list[bytes]) -> None:
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)
        self._byte -= sum(map(len, lines))


def _fields(line: bytes, lines: _Lines, table: Layout) -> list[str] | None:
    """The fields of the row that begins with `line`, or None if they are not as many as the columns."""
    if b'"' not in line:
        fields = _text(line).rstrip("\r\n").split(table.delimiter)
        return fields if len(fields) == table.width else None
    more: list[bytes] = []
    closed = True

    def text() -> Iterator[str]:
        nonlocal closed
        yield _text(line)
        closed = False
        while len(more) < _MAX_LINES and (following := lines.take()):
            more.append(following)
            closed = True
            yield _text(following)
            closed = False

    try:
        fields = next(csv.reader(text(), delimiter=table.delimiter), [])
    except csv.Error:
        fields = []
    if closed and len(fields) == table.width:
        return fields
    lines.put_back(more)
    return None


def _first_row(lines: list[str], delimiter: str) -> tuple[list[str], int]:
    """Its fields, and of how many lines it is."""
    rows = csv.reader(lines, delimiter=delimiter)
    try:
        return next(rows, []), rows.line_num
    except csv.Error:
        return [], 0


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")

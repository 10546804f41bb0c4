"""Tables as text: a row is a line, or several where a cell in quotes holds line ends (CSV).

What people have was written by many programs and saved again by spreadsheets: with commas, semicolons, tabs or bars,
any line end, a first line `sep=;`, rows that lack their last empty cells, and tables put together with their headers.

A quote that nobody closes would swallow what follows it. So cells go on over line ends only if the quotes are well
placed in all of these lines, and none of the lines that follow is a row by itself; else the first line is a bad row of
its own, and reading continues with the second.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from producers.exports.cells import has_stray_quotes, is_open, plain_cells, proper_cells
from producers.exports.json_text import CUT_OFF_HINT
from producers.exports.opened import Opened
from producers.exports.rows import MAX_ROW_BYTES
from producers.exports.text_lines import LINE_ENDS, Lines
from schemas.errors import DataFault

# Of one row. The longest seen is a title of two lines.
_MAX_LINES = 64
_DELIMITERS = ",;\t|"
_BLANK = b' "\r\n' + _DELIMITERS.encode()
_HEAD_LINES = 20
# A byte order mark too, where tables were put together.
_AROUND_NAMES = " \t\r\n\ufeff"

# The cells of a row, as many as the table has columns; the line if it is no row; None if it is too long to be one.
Cells: TypeAlias = list[str] | bytes | None
# Where the columns are in a header, or what columns a row without header has; None if it is neither.
ColumnsOf: TypeAlias = Callable[[list[str]], dict[str, int] | None]


class Layout(NamedTuple):
    """What is between the columns of a table, where each is, how many there are, and the lines before the first row.

    Of each row the cells until the last of the `needed` columns have to be there. `header` is empty if there is none.
    """

    delimiter: str
    columns: dict[str, int]
    width: int
    needed: int
    header: list[str]
    lines_before: int

    def picker(self, *names: str) -> Callable[[list[str]], Sequence[str]]:
        """Picks the named cells of a row; "" for a column that the table does not have."""
        places = [self.columns.get(name, -1) for name in names]
        if -1 not in places and len(places) > 1:
            return itemgetter(*places)
        return lambda cells: [cells[place] if place >= 0 else "" for place in places]

    def fitted(self, cells: list[str]) -> list[str] | None:
        """A cell for each column: empty ones are added or left out at the end. None if that does not make a row."""
        if len(cells) == self.width:
            return cells
        if len(cells) > self.width:
            return None if any(map(str.strip, cells[self.width :])) else cells[: self.width]
        return cells + [""] * (self.width - len(cells)) if len(cells) > self.needed else None


def layout(head: bytes, columns_of: ColumnsOf, *needed: str) -> Layout | None:
    """The layout of a table, told by its header: the first of its rows that `columns_of` knows; None if none is."""
    lines = [line.decode(errors="replace") for line in head.splitlines(keepends=True)[:_HEAD_LINES]]
    for number in range(len(lines)):
        for delimiter in _DELIMITERS:
            cells, height = _first_row(lines[number:], delimiter)
            if columns := columns_of(cells):
                last = max((columns.get(name, -1) for name in needed), default=-1)
                return Layout(delimiter, columns, len(cells), last, cells, number + height)
    return None


def bare_layout(head: bytes, columns_of: ColumnsOf, *needed: str) -> Layout | None:
    """The layout of a table without header, told by the first of its rows that `columns_of` knows."""
    found = layout(head, columns_of, *needed)
    if found is None:
        return None
    before = int(head.lower().startswith(b"sep="))
    return found._replace(width=len(found.columns), header=[], lines_before=before)


def named_columns(cells: list[str]) -> dict[str, int]:
    """Where the columns are if the cells are their names, in small letters; of two with one name the first."""
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        places.setdefault(cell.strip(_AROUND_NAMES).lower(), place)
    return places


def table_rows(
    source: Opened, table: Layout, has_time: Callable[[list[str]], bool], is_whole: Callable[[list[str]], bool]
) -> Iterator[tuple[int, Cells]]:
    """The rows behind the header, numbered by the line in which they begin; no row is what is blank or a header again.

    `has_time` tells whether a row holds the time of a play. Raises DataFault where the last line does not end, and has
    not all columns or `is_whole` denies that it is all. NULs at its end were never written: that is a bad row.
    """
    lines = Lines(source, table.lines_before)
    second_name = table.header[1] if table.header else None
    while line := lines.take():
        number = lines.number
        if len(line) > MAX_ROW_BYTES:
            yield number, None
        elif not line.isspace():
            ended = line.endswith(LINE_ENDS)
            cells = _cells(line, lines, table if ended else table._replace(needed=table.width - 1), has_time)
            if not (ended or (cells and is_whole(cells)) or line.endswith(b"\0")):
                raise DataFault(f"{source.label} breaks off in line {number}", CUT_OFF_HINT)
            if cells is None:
                if line.strip(_BLANK):
                    yield number, line
            elif any(cells) and not (cells[1] == second_name and cells[1:] == table.header[1:]):
                yield number, cells


def _cells(line: bytes, lines: Lines, table: Layout, has_time: Callable[[list[str]], bool]) -> list[str] | None:
    """The cells of the row that begins with `line`, or None if it is none."""
    if (text := _text(line)) is None:
        return None
    if '"' not in text:
        return table.fitted(text.rstrip("\r\n").split(table.delimiter))
    cells, proper = _alone(text, table)
    if proper or not is_open(text, table.delimiter):
        return cells
    stray = cells is not None and has_time(cells)

    def is_row(following: str) -> bool:
        others, proper = _alone(following, table)
        return others is not None and (proper or stray) and has_time(others)

    return _joined(text, lines, table, is_row)


def _alone(text: str, table: Layout) -> tuple[list[str] | None, bool]:
    """The cells of a line that is a row by itself, and whether the quotes in it are well placed."""
    cells = proper_cells((text,), table.delimiter)
    if cells is not None and not has_stray_quotes(text, cells, table.delimiter):
        return table.fitted(cells), True
    plain = plain_cells(text, table.delimiter, table.width)
    return plain and table.fitted(plain), False


def _joined(first: str, lines: Lines, table: Layout, is_row: Callable[[str], bool]) -> list[str] | None:
    """The cells of a row of several lines."""
    more: list[bytes] = []

    def texts() -> Iterator[str]:
        yield first
        left = MAX_ROW_BYTES - len(first)
        while len(more) < _MAX_LINES and (line := lines.take()):
            more.append(line)
            left -= len(line)
            if left < 0 or (text := _text(line)) is None or is_row(text):
                break
            yield text

    cells = proper_cells(texts(), table.delimiter)
    fitted = cells and table.fitted(cells)
    if not fitted:
        lines.put_back(more)
    return fitted


def _text(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def _first_row(lines: list[str], delimiter: str) -> tuple[list[str], int]:
    """Its cells, and of how many lines it is."""
    rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    try:
        return next(rows, []), rows.line_num
    except csv.Error:
        return [], 0

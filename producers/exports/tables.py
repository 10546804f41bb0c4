"""Tables as text: a row is a line, or several where a cell in quotes holds line ends (CSV).

What people have was written by many programs and saved again by spreadsheets: with commas, semicolons, tabs or bars,
any line end, a first line `sep=;`, rows that lack their last empty cells, and tables put together with their headers.

A quote that nobody closes would swallow what follows it. So a cell continues over line ends only if the quotes are well
placed in all of these lines, and none of the following lines is a row by itself; else the first line is a bad row of
its own, and reading continues with the second.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from producers.exports.cells import has_stray_quotes, is_open, plain_cells, proper_cells
from producers.exports.json_text import CUT_OFF_HINT
from producers.exports.layouts import DELIMITERS, Layout, is_line_in_quotes
from producers.exports.opened import Opened
from producers.exports.rows import MAX_ROW_BYTES
from producers.exports.text_lines import LINE_ENDS, Lines
from schemas.errors import DataFault

# Of one row. The longest seen is a title of two lines.
_MAX_LINES = 64
_BLANK = b' "\r\n' + DELIMITERS.encode()

# The cells of a row, as many as the table has columns; the line if it is no row; None if it is too long to be one.
Cells: TypeAlias = list[str] | bytes | None


def table_rows(
    source: Opened, table: Layout, has_time: Callable[[list[str]], bool], is_whole: Callable[[list[str]], bool]
) -> Iterator[tuple[int, Cells]]:
    """The rows behind the header, numbered by the line in which they begin; no row is what is blank or a header again.

    `has_time` tells whether a row holds the time of a play. Raises DataFault where the last line does not end, and has
    fewer cells than usual or `is_whole` denies that it is all. NULs at its end were never written: that is a bad row.
    """
    lines = Lines(source, table.lines_before)
    second_name = table.header[1] if table.header else None
    last = table._replace(needed=max(table.usual - 1, table.needed))
    while line := lines.take():
        number = lines.number
        if len(line) > MAX_ROW_BYTES:
            yield number, None
            continue
        ended = line.endswith(LINE_ENDS)
        cells = _cells(line, lines, table if ended else last, has_time)
        if not (cells and any(cells)) and not line.strip(_BLANK):
            continue
        if not (ended or (cells and is_whole(cells)) or line.endswith(b"\0")):
            raise DataFault(f"{source.label} breaks off in line {number}", CUT_OFF_HINT)
        if cells is None:
            yield number, line
        elif not (cells[1] == second_name and cells[1:] == table.header[1:]):
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
    if cells is not None and is_line_in_quotes(cells, table.delimiter):
        return _alone(cells[0], table)
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

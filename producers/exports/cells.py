"""The cells of a line of a table, with quotes as they should be and as they are.

A cell in quotes may hold delimiters, line ends, and quotes written twice (RFC 4180). Many exporters know nothing of it:
they write `"Heroes" (Live)` and `The "Best" Tide` as they are. Such a line cannot come from a program that quotes, so
none of its quotes is dropped, unless they hold what needs them: a delimiter, or a quote written twice. Where a program
puts every text into quotes but does not double those within, the outermost are its own.
"""

import csv
import re
from collections.abc import Iterable
from functools import cache

_NUMBER = re.compile(r"[\d.]*", re.ASCII)


def proper_cells(lines: Iterable[str], delimiter: str) -> list[str] | None:
    """The cells of a row of as many lines as it takes; None if a quote is not where it belongs, or stays open."""
    try:
        cells = next(csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True))
    except (csv.Error, StopIteration):
        return None
    return cells


def has_stray_quotes(line: str, cells: list[str], delimiter: str) -> bool:
    """Whether there are quotes in `proper_cells` of a line that no program would write which knows of quoting."""
    return '"' in "".join(cells) and not _proper_line(delimiter).fullmatch(line)


def is_open(line: str, delimiter: str) -> bool:
    """Whether a quote that begins a cell is not closed in this line, and there is no other stray quote before it."""
    return _open_line(delimiter).fullmatch(line) is not None


def plain_cells(line: str, delimiter: str, most: int) -> list[str] | None:
    """The cells of a line with stray quotes, which are kept; None if they are more than `most`."""
    line = line.rstrip("\r\n")
    cells: list[tuple[str, str | None]] = []
    at, cell = 0, _cell(delimiter)
    while len(cells) <= most and at <= len(line) and (found := cell.match(line, at)):
        cells.append((found[0], found["quoted"]))
        at = found.end() + 1
    if len(cells) > most:
        return None
    written = [text.strip() for text, _ in cells]
    if all(_is_in_quotes(text) or _NUMBER.fullmatch(text) for text in written):
        return [_unquoted(text[1:-1]) if text and text[0] == '"' else text for text in written]
    return [text if inner is None or not _needs_quotes(inner, delimiter) else _unquoted(inner) for text, inner in cells]


def _is_in_quotes(text: str) -> bool:
    return len(text) > 1 and text[0] == text[-1] == '"'


def _needs_quotes(inner: str, delimiter: str) -> bool:
    return delimiter in inner or '""' in inner


def _unquoted(inner: str) -> str:
    return inner.replace('""', '"')


# Possessive, so that even a megabyte of quotes is looked at once.
_INNER = r'(?:[^"]++|"")*+'


@cache
def _cell(delimiter: str) -> re.Pattern[str]:
    end = re.escape(delimiter)
    return re.compile(rf' *+"(?P<quoted>{_INNER})" *+(?={end}|\Z)|[^{end}]*+')


@cache
def _proper_line(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf"{_proper_cells(delimiter)}(?:{_proper_cell(delimiter)})[\r\n]*+")


@cache
def _open_line(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf'{_proper_cells(delimiter)} *+"{_INNER}')


def _proper_cells(delimiter: str) -> str:
    return rf"(?:(?:{_proper_cell(delimiter)}){re.escape(delimiter)})*+"


def _proper_cell(delimiter: str) -> str:
    return rf' *+"{_INNER}"|[^"{re.escape(delimiter)}\r\n]*+'

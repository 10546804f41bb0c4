"""How a table is laid out: what is between its columns, where each is, and where its rows begin."""

import csv
from collections.abc import Callable, Sequence
from operator import itemgetter
from statistics import multimode
from typing import NamedTuple, TypeAlias

DELIMITERS = ",;\t|"
_HEAD_LINES = 20
# A byte order mark too, where tables were put together.
_AROUND_NAMES = " \t\r\n\ufeff"

# Where the columns are in a header, or what columns a row without header has; None if it is neither.
ColumnsOf: TypeAlias = Callable[[list[str]], dict[str, int] | None]


class Layout(NamedTuple):
    """What is between the columns of a table, where each is, how many there are, and the lines before the first row.

    Of each row the cells until the last of the `needed` columns have to be there; its first rows mostly have the
    `usual` number. `header` is empty if there is none.
    """

    delimiter: str
    columns: dict[str, int]
    width: int
    needed: int
    usual: int
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
        for delimiter in DELIMITERS:
            cells, height = _first_row(lines[number:], delimiter)
            if columns := columns_of(cells):
                last = max((columns.get(name, -1) for name in needed), default=-1)
                header = _without_end(cells)
                usual = _usual(lines[number + height :], delimiter, len(header))
                return Layout(delimiter, columns, len(header), last, usual, header, number + height)
    return None


def _without_end(cells: list[str]) -> list[str]:
    """The cells without the empty ones at their end."""
    last = max((place for place, cell in enumerate(cells) if cell.strip()), default=-1)
    return cells[: last + 1]


def _usual(lines: list[str], delimiter: str, width: int) -> int:
    """How many cells most of the lines have, at most `width`; spreadsheets leave out empty ones at the end."""
    counts = [len(_first_row([line], delimiter)[0]) for line in lines if line.endswith(("\n", "\r")) and line.strip()]
    return min([width, *multimode(counts)])


def bare_layout(head: bytes, columns_of: ColumnsOf, *needed: str) -> Layout | None:
    """The layout of a table without header, told by the first of its rows that `columns_of` knows."""
    found = layout(head, columns_of, *needed)
    if found is None:
        return None
    before = int(head.lower().startswith(b"sep="))
    width = len(found.columns)
    return found._replace(width=width, usual=min(found.usual, width), header=[], lines_before=before)


def named_columns(cells: list[str]) -> dict[str, int]:
    """Where the columns are if the cells are their names, in small letters; of two with one name the first."""
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        places.setdefault(cell.strip(_AROUND_NAMES).lower(), place)
    return places


def _first_row(lines: list[str], delimiter: str) -> tuple[list[str], int]:
    """Its cells, and of how many lines it is."""
    rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    try:
        cells = next(rows, [])
    except csv.Error:
        return [], 0
    if is_line_in_quotes(cells, delimiter):
        cells, _ = _first_row(cells, delimiter)
    return cells, rows.line_num


def is_line_in_quotes(cells: list[str], delimiter: str) -> bool:
    """Whether a row is one cell that holds a whole line: so writes a spreadsheet that expected another delimiter."""
    return len(cells) == 1 and delimiter in cells[0]

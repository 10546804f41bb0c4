"""How the commands speak: results on stdout, everything else on stderr; plain text where it is no terminal."""

import datetime as dt
import os
import re
import sys
from collections.abc import Iterator
from typing import Literal

import orjson
import typer
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.style import StyleType
from rich.table import Column, Table
from rich.text import Text

# Control characters, and those that turn the direction of writing.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# How Python keeps a byte of an argument or of a file name that is no UTF-8.
_BYTE = re.compile("[\udc80-\udcff]")
# What is no terminal has no width, whatever COLUMNS says: a script must not get cells that are folded or shortened.
_TO_TERMINAL = os.isatty(1)
_WIDTH = None if _TO_TERMINAL else 1_000_000
# Names of songs are full of square brackets: markup is for our own words, where it is asked for.
# A terminal gets its lines wrapped between words; elsewhere they stay as they are.
out = Console(highlight=False, soft_wrap=not _TO_TERMINAL, markup=False, width=_WIDTH)
err = Console(highlight=False, soft_wrap=not os.isatty(2), stderr=True)

# Of a table: what is between two columns, and the longest word that is kept whole where room is scarce.
_GAP = 2
_LONGEST_WORD = 24


def visible(text: str) -> str:
    """The text with all that would move the cursor, change colours or turn the direction written out."""
    text = _BYTE.sub(lambda found: rf"\x{found[0].encode(errors='surrogateescape').hex()}", text)
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def say(message: str) -> None:
    """A line about what is going on."""
    err.print(visible(message), markup=False)


def complain(message: str, hint: str = "") -> None:
    """What went wrong, and what to do about it; the hint may have several lines."""
    err.print(f"[bold red]scrobbles:[/] {_escaped(message)}")
    for line in hint.splitlines():
        err.print(Padding(Text(visible(line), style="dim"), (0, 0, 0, 2)) if err.is_terminal else f"  {_escaped(line)}")


def confirm(question: str) -> None:
    """Ask on stderr. Raises typer.Abort unless the answer is yes."""
    try:
        agreed = typer.confirm(visible(question), err=True)
    except typer.Abort:
        # Ctrl-C and the end of the input leave the cursor behind the question.
        err.print()
        raise
    if not agreed:
        raise typer.Abort


def emit_json(answer: object) -> None:
    """The answer for a script: one JSON document on stdout, all times in UTC."""
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME
    sys.stdout.buffer.write(orjson.dumps(answer, option=option, default=_plain))
    sys.stdout.flush()


def _plain(value: object) -> str:
    # The zone in which the database tells a time depends on its settings.
    return value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else str(value)


def shortened(name: str, width: int) -> str:
    """On a terminal both ends of a long name, for exports differ in one of them; elsewhere all of it."""
    half = width // 2
    return f"{name[: half - 1]}…{name[-half:]}" if _TO_TERMINAL and len(name) > width else name


class _Table(Table):
    """A table of what people and exports have named: a title may hold anything, also what commands a terminal.

    Where it does not fit, cells wrap between words; then columns are left out, in the order of `drop`; then each row
    becomes a block of lines.
    """

    drop: tuple[str, ...] = ()
    # A line of its own: rich would wrap a title of the table at the width of its columns.
    heading: str = ""

    def add_row(self, *cells: RenderableType | None, style: StyleType | None = None, end_section: bool = False) -> None:
        shown = (visible(cell) if isinstance(cell, str) else cell for cell in cells)
        super().add_row(*shown, style=style, end_section=end_section)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width
        if self.heading:
            yield Text(self.heading, style="bold")
        for name in self.drop:
            if self._least_width() > room:
                self.columns = [column for column in self.columns if column.header != name]
        if self._least_width() > room:
            yield from self._blocks()
            return
        sizes = [_sizes(column) for column in self.columns]
        cap = room
        while cap and sum(min(most, max(least, cap)) + _GAP for least, most in sizes) > room:
            cap -= 1
        for index, (column, (least, most)) in enumerate(zip(self.columns, sizes, strict=True)):
            column._index, column.width = index, min(most, max(least, cap))
        yield from super().__rich_console__(console, options)

    def _least_width(self) -> int:
        return sum(_sizes(column)[0] + _GAP for column in self.columns)

    def _blocks(self) -> Iterator[Text]:
        """Each row as lines of a heading and its cell, with an empty line between rows."""
        indent = max(cell_len(str(column.header)) for column in self.columns) + _GAP
        for number, cells in enumerate(zip(*(column.cells for column in self.columns), strict=True)):
            if number:
                yield Text()
            for column, cell in zip(self.columns, cells, strict=True):
                if str(cell):
                    yield Text(str(column.header).ljust(indent), style="bold").append(Text(str(cell), style=""))


def _sizes(column: Column) -> tuple[int, int]:
    """The width of the longest word of a column, and that of its longest cell. A very long word may be folded."""
    cells = [*map(str, column.cells)]
    words = [word for text in (str(column.header), *cells) for word in text.split()]
    least = min(max(map(cell_len, words), default=0), _LONGEST_WORD)
    if column.no_wrap:
        least = max(least, *map(cell_len, cells))
    return least, max(map(cell_len, (str(column.header), *cells)))


def table(
    *columns: str,
    heading: str = "",
    right: tuple[str, ...] = (),
    drop: tuple[str, ...] = (),
    whole: tuple[str, ...] = (),
) -> Table:
    """An empty table in the house style; the columns named in `right` are numbers, the cells of `whole` never wrap.

    Those named in `drop` are left out, the first one first, where a terminal is too narrow for all.
    """
    made = _Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
    made.drop, made.heading = drop, visible(heading)
    for name in columns:
        side: Literal["left", "right"] = "right" if name in right else "left"
        made.add_column(name, justify=side, overflow="fold", no_wrap=name in whole)
    return made


def _escaped(text: str) -> str:
    return visible(text).replace("[", r"\[")

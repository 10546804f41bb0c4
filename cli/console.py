"""How the commands speak: results on stdout, everything else on stderr; plain text where it is no terminal."""

import re
import sys

import orjson
from rich.console import Console, RenderableType
from rich.style import StyleType
from rich.table import Table

# Control characters, and those that turn the direction of writing.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# What is no terminal has no width, whatever COLUMNS says: a script must not get cells that are folded or shortened.
_TO_TERMINAL = sys.stdout.isatty()
_WIDTH = None if _TO_TERMINAL else 1_000_000
# Names of songs are full of square brackets: markup is for our own words, where it is asked for.
out = Console(highlight=False, soft_wrap=True, markup=False, width=_WIDTH)
err = Console(highlight=False, soft_wrap=True, stderr=True)


def visible(text: str) -> str:
    """The text with all that would move the cursor, change colours or turn the direction written out."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def say(message: str) -> None:
    """A line about what is going on."""
    err.print(visible(message), markup=False)


def complain(message: str, hint: str = "") -> None:
    """What went wrong, and what to do about it."""
    err.print(f"[bold red]scrobbles:[/] {_escaped(message)}")
    if hint:
        err.print(f"  {_escaped(hint)}", style="dim")


def emit_json(answer: object) -> None:
    """The answer for a script: one JSON document on stdout."""
    sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE, default=str))
    sys.stdout.flush()


def shortened(name: str, width: int) -> str:
    """On a terminal both ends of a long name, for exports differ in one of them; elsewhere all of it."""
    half = width // 2
    return f"{name[: half - 1]}…{name[-half:]}" if _TO_TERMINAL and len(name) > width else name


class _Table(Table):
    """A table of what people and exports have named: a title may hold anything, also what commands a terminal."""

    def add_row(self, *cells: RenderableType | None, style: StyleType | None = None, end_section: bool = False) -> None:
        shown = (visible(cell) if isinstance(cell, str) else cell for cell in cells)
        super().add_row(*shown, style=style, end_section=end_section)


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """An empty table in the house style; the columns named in `right` are numbers."""
    made = _Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return made


def _escaped(text: str) -> str:
    return visible(text).replace("[", r"\[")

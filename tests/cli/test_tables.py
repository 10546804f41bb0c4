"""A table on a terminal of any width: words stay whole, and what does not fit gives way in a chosen order."""

import io

import pytest
from rich.console import Console

from cli.console import table

NAMES = ("job", "begun", "file", "state", "rows", "skipped", "inserted", "duplicate", "dead")
ROW = ("13", "2024-01-31", "Streaming History Audio 2014.json", "interrupted", "1,249,050", "10", "49,050", "0", "7")


def shown(width: int, *, drop: tuple[str, ...] = ()) -> list[str]:
    made = table(*NAMES, right=("job",), drop=drop)
    made.add_row(*ROW)
    written = io.StringIO()
    Console(file=written, width=width, soft_wrap=True, markup=False).print(made)
    return [line.rstrip() for line in written.getvalue().splitlines()]


@pytest.mark.parametrize("width", range(20, 140, 5))
@pytest.mark.parametrize("drop", [(), ("skipped", "begun", "state")])
def test_no_word_is_broken_and_no_line_is_longer_than_the_terminal(width: int, drop: tuple[str, ...]) -> None:
    lines = shown(width, drop=drop)
    words = {word for line in lines for word in line.split()}
    whole = {word for text in NAMES + ROW for word in text.split()}
    assert words <= whole
    assert words == whole or drop
    is_table = lines[0].startswith("job  begun")
    assert not is_table or max(map(len, lines)) <= width


def test_a_wide_terminal_shows_a_row_on_one_line() -> None:
    assert len(shown(140)) == 2


def test_what_may_be_dropped_gives_way_in_its_order_and_only_as_far_as_it_must() -> None:
    assert shown(90, drop=("duplicate", "dead"))[0].split() == [*NAMES]
    assert shown(80, drop=("duplicate", "dead"))[0].split() == [name for name in NAMES if name != "duplicate"]


def test_where_nothing_more_can_give_way_each_row_is_a_block_of_lines() -> None:
    lines = shown(30)
    assert [line.split()[0] for line in lines] == [*NAMES]
    assert lines[2] == "file       Streaming History Audio 2014.json"


def test_a_word_that_is_too_long_for_any_column_is_folded() -> None:
    made = table("what", "where")
    made.add_row("data", "/" + "folder/" * 20)
    written = io.StringIO()
    Console(file=written, width=60).print(made)
    assert max(len(line.rstrip()) for line in written.getvalue().splitlines()) <= 60


def test_a_time_stays_on_one_line() -> None:
    made = table("when (Europe/Berlin)", "track", whole=("when (Europe/Berlin)",))
    made.add_row("2024-01-31 18:30", "a long title of many words that has to wrap somewhere")
    written = io.StringIO()
    Console(file=written, width=40).print(made)
    assert "2024-01-31 18:30" in written.getvalue()


def test_a_heading_wraps_at_the_width_of_the_terminal_and_not_at_that_of_the_table() -> None:
    made = table("plays", heading="sample.json: maloja, job 1, done after 1.7 s")
    made.add_row("2,000")
    written = io.StringIO()
    Console(file=written, width=60).print(made)
    assert written.getvalue().splitlines()[0].rstrip() == "sample.json: maloja, job 1, done after 1.7 s"

"""Quotes in tables: as a program writes them that quotes, as one that does not, and strays that nobody closes."""

import csv
import io
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.listen import Listen, Track
from tests.exports.test_table_shapes import FORMATS, TIMES, read, reasons, table

# In a table whose program knows nothing of quoting, these are written as they are.
UNESCAPED = [
    ('Fern Lamp,"Heroes","Heroes" (Live),{}', '"Heroes"', '"Heroes" (Live)'),
    ('Fern Lamp,Low Water,"Heroes" (Live),{}', "Low Water", '"Heroes" (Live)'),
    ('Fern Lamp,Low Water,The "Best" Tide,{}', "Low Water", 'The "Best" Tide'),
    ('Fern Lamp,"Best" of,Tide 7",{}', '"Best" of', 'Tide 7"'),
    ('Fern Lamp,"Low Water",Tide 7",{}', '"Low Water"', 'Tide 7"'),
    ('Fern Lamp,"Low, Water","Heroes" (Live),{}', "Low, Water", '"Heroes" (Live)'),
    ('Fern Lamp,"Low ""Water""","Heroes" (Live),{}', 'Low "Water"', '"Heroes" (Live)'),
    ('"Fern Lamp","Low Water",""Heroes" (Live)","{}"', "Low Water", '"Heroes" (Live)'),
    ('"Fern Lamp","Low Water","The "Best" Tide","{}"', "Low Water", 'The "Best" Tide'),
]
PROPER = [
    ('Fern Lamp,"Heroes",Tide,{}', "Heroes", "Tide"),
    ('Fern Lamp,"""Heroes""",Tide,{}', '"Heroes"', "Tide"),
    ('"Fern Lamp","Low ""Water""","""Heroes"" (Live)","{}"', 'Low "Water"', '"Heroes" (Live)'),
    ('Fern Lamp,"Low\nWater","Ti\r\nde",{}', "Low\nWater", "Ti\r\nde"),
    ('"Fern Lamp",Low,"Tide, 7"" mix\n(Live)",{}', "Low", 'Tide, 7" mix\n(Live)'),
    ('Fern Lamp,"Low\n14 Nov, one, two, three",Tide,{}', "Low\n14 Nov, one, two, three", "Tide"),
    ('Fern Lamp, "Heroes", "Ti,de", {}', "Heroes", "Ti,de"),
]
MOMENT = "14 Nov 2023 22:18"
PLAIN = f"Band,LP,Tune,{MOMENT}"
PLAIN_LISTEN = Listen(TIMES[0], Track(("Band",), "Tune", "LP"))
# A quote that nobody closes, in rows that are cut short too.
STRAYS = [
    f'Band,LP,"Tune,{MOMENT}',
    f'"Band,LP,Tune,{MOMENT}',
    f'Band,"LP,Tune,{MOMENT}',
    f'Band,LP,Tune,"{MOMENT}',
    '"Band',
    'Band,"LP',
    'Band,LP,Tune,"',
]
# What could close it by mistake.
FOLLOWING = [
    PLAIN,
    f'Band,LP,Tune 7",{MOMENT}',
    f'Band,LP",Tune,{MOMENT}',
    f'Band,LP,Tune,"{MOMENT}"',
    f'Band,"LP","Tune",{MOMENT}',
    f'Band,"LP","Heroes" (Live),{MOMENT}',
]


class TestQuotes:
    @pytest.mark.parametrize(("row", "album", "title"), [*UNESCAPED, *PROPER])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_no_quote_is_lost_and_none_is_added(self, row: str, album: str, title: str, delimiter: str) -> None:
        text = row.format(MOMENT)
        if delimiter != ",":
            text, album, title = (written.replace(",", delimiter) for written in (text, album, title))
        expected = Listen(TIMES[0], Track(("Fern Lamp",), title, album))
        plain = PLAIN.replace(",", delimiter)
        assert read(f"{plain}\n{text}\n{plain}\n") == [PLAIN_LISTEN, expected, PLAIN_LISTEN]

    # Two of them make one row of two lines, quoted as it should be.
    @pytest.mark.parametrize(
        ("stray", "following"),
        [
            (stray, following)
            for stray in STRAYS
            for following in FOLLOWING
            if (stray, following) != ('Band,"LP', f'Band,LP",Tune,{MOMENT}')
        ],
    )
    def test_a_stray_quote_costs_its_row_alone(self, stray: str, following: str) -> None:
        items = read(f"{PLAIN}\n{stray}\n" + f"{following}\n" * 70)
        assert reasons(items) == [None, "malformed_row", *[None] * 70]

    def test_the_tables_of_last_fm_keep_the_quotes_around_their_time(self) -> None:
        text = table(FORMATS[0]).replace("Tide 1", '"Heroes" (Live)').replace("Tide 2", 'The "Best"')
        titles = [item.track.title for item in read(text) if isinstance(item, Listen)]
        assert titles == ['"Heroes" (Live)', 'The "Best"', "Tide 3"]

    @pytest.mark.parametrize(
        "cell", ['"', '"",', '",', '"a,', '"a" ', '","', '""', 'a"', ' "', "|", '"\t', '"\n', '"a"\n']
    )
    def test_a_megabyte_of_anything_takes_no_time_and_costs_no_other_row(self, cell: str) -> None:
        long = cell * ((50_000 if "\n" in cell else 1_000_000) // len(cell))
        assert [item for item in read(f"{PLAIN}\n{long}\n{PLAIN}\n") if isinstance(item, Listen)] == [PLAIN_LISTEN] * 2


# Cells begin and end with something, so that white space around them does not matter.
cells = st.text(st.sampled_from('ab"",;|\t\n\r \'#é漢'), max_size=8).map(lambda text: f"x{text}x")
plain_texts = st.text(st.sampled_from('ab""\' #é漢'), max_size=8).map(lambda text: f'{text}x"{text[:1]}y'.strip())
rows_of_cells = st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=6)


def _listens(rows: list[tuple[str, str, str]]) -> list[Listen]:
    return [Listen(TIMES[0], Track((artist,), title, album)) for artist, album, title in rows]


class TestRoundTrip:
    @given(
        rows=rows_of_cells,
        delimiter=st.sampled_from(",;\t|"),
        # The writer quotes no line ends but its own unless it quotes all.
        quoting=st.sampled_from([(csv.QUOTE_MINIMAL, "\r\n"), *((csv.QUOTE_ALL, end) for end in ("\n", "\r\n", "\r"))]),
    )
    @settings(max_examples=200, deadline=None)
    def test_what_a_program_quoted(
        self, rows: list[tuple[str, str, str]], delimiter: str, quoting: tuple[Literal[0, 1], str]
    ) -> None:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter, quoting=quoting[0], lineterminator=quoting[1])
        writer.writerows([["uts", "artist", "album", "track"], *([TIMES[0], *row] for row in rows)])
        assert read(text.getvalue()) == _listens(rows)

    @given(rows=st.lists(st.tuples(plain_texts, plain_texts, plain_texts), min_size=1, max_size=6))
    @settings(max_examples=200, deadline=None)
    def test_what_a_program_wrote_as_it_was(self, rows: list[tuple[str, str, str]]) -> None:
        text = "".join(f"{','.join(row)},{MOMENT}\n" for row in rows)
        for item, expected in zip(read(f"{PLAIN}\n{text}")[1:], _listens(rows), strict=True):
            assert item == expected

    @given(rows=rows_of_cells, data=st.data())
    @settings(max_examples=300, deadline=None)
    def test_a_stray_quote_never_costs_another_row(self, rows: list[tuple[str, str, str]], data: st.DataObject) -> None:
        text = io.StringIO()
        csv.writer(text).writerows([TIMES[0], *row] for row in rows)
        at = data.draw(st.integers(0, 3))
        broken = [str(TIMES[0]), "x", "x", "x"]
        broken[at] = '"' + broken[at]
        content = f"uts,artist,album,track\n{','.join(broken)}\n{text.getvalue()}"
        assert [item for item in read(content) if isinstance(item, Listen)] == _listens(rows)

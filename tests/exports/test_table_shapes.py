"""What spreadsheets, editors and `cat` make of tables: every change in every format, and the rows are the same."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

import pytest

from producers.exports import read_export, sniff
from schemas.listen import Listen, Skipped, Track
from tests.exports.test_contract import continues_after_any_row

TIMES = (1_700_000_280, 1_700_000_580, 1_700_000_880)
WRITTEN = ("14 Nov 2023, 22:18", "14 Nov 2023, 22:23", "14 Nov 2023, 22:28")
EXPECTED = [Listen(time, Track(("Fern Lamp",), f"Tide {n}", "Low Water")) for n, time in enumerate(TIMES, 1)]


class Format(NamedTuple):
    """How a format writes its header, and a row of (number, epoch seconds, time in words)."""

    name: str
    format: str
    header: list[str]
    row: Callable[[int, int, str], list[str]]
    delimiter: str = ","


FORMATS = [
    Format(
        "ghan",
        "lastfm-csv",
        ["uts", "utc_time", "artist", "artist_mbid", "album", "album_mbid", "track", "track_mbid"],
        lambda n, time, written: [str(time), written, "Fern Lamp", "", "Low Water", "", f"Tide {n}", ""],
    ),
    Format(
        "lastfmstats",
        "lastfm-csv",
        ["Artist", "Album", "AlbumId", "Track", "Date#someone"],
        lambda n, time, _: ["Fern Lamp", "Low Water", "", f"Tide {n}", str(time * 1_000)],
        ";",
    ),
    Format("bare", "lastfm-csv", [], lambda n, _, written: ["Fern Lamp", "Low Water", f"Tide {n}", written]),
    Format(
        "bare-ghan",
        "lastfm-csv",
        [],
        lambda n, time, written: [str(time), written, "Fern Lamp", "", "Low Water", "", f"Tide {n}", ""],
    ),
    Format(
        "librefm",
        "librefm-csv",
        ["Time", "Artist", "Track", "Album", "Username"],
        lambda n, time, _: [str(time), "Fern Lamp", f"Tide {n}", "Low Water", ""],
    ),
]
every_format = pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)


def table(
    known: Format, end: str = "\n", delimiter: str | None = None, quoting: Literal[0, 1, 2] = csv.QUOTE_MINIMAL
) -> str:
    rows = [known.row(n, time, written) for n, (time, written) in enumerate(zip(TIMES, WRITTEN, strict=True), 1)]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter or known.delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([known.header, *rows] if known.header else rows)
    return text.getvalue()


def read(text: str | bytes) -> list[Listen | Skipped]:
    return list(read_export(io.BytesIO(text if isinstance(text, bytes) else text.encode())))


def reasons(items: list[Listen | Skipped]) -> list[str | None]:
    return [item.reason if isinstance(item, Skipped) else None for item in items]


def in_quotes(line: str) -> str:
    """As a spreadsheet writes a line that it took for one cell."""
    return '"{}"\n'.format(line.rstrip("\n").replace('"', '""'))


class TestShapes:
    @every_format
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n", "\n\n"])
    @pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    def test_every_dialect(self, known: Format, delimiter: str, end: str, quoting: Literal[0, 1, 2]) -> None:
        text = table(known, end, delimiter, quoting)
        assert sniff(io.BytesIO(text.encode())) == known.format
        assert read(text) == EXPECTED

    @every_format
    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp1252"])
    @pytest.mark.parametrize("delimiter", [",", "\t"])
    @pytest.mark.parametrize("end", ["\r\n", "\r"])
    def test_every_encoding(self, known: Format, encoding: str, delimiter: str, end: str) -> None:
        content = table(known, end, delimiter).replace("Tide 2", "Tidé 2").encode(encoding)
        assert [item.track.title for item in read(content) if isinstance(item, Listen)] == [
            "Tide 1",
            "Tidé 2",
            "Tide 3",
        ]

    @every_format
    def test_mixed_line_ends(self, known: Format) -> None:
        *rows, _ = table(known).split("\n")
        assert read("".join(row + end for row, end in zip(rows, ("\r", "\n", "\r\n", "\r"), strict=False))) == EXPECTED

    @every_format
    @pytest.mark.parametrize(
        "change",
        [
            lambda text, _: "\ufeff" + text,
            lambda text, known: f"sep={known.delimiter}\r\n{text}",
            lambda text, known: f"SEP={known.delimiter}\n{text}",
            lambda text, _: f"\n\n{text}\n \n\t\n",
            lambda text, known: text.replace("\n", f"{known.delimiter}\n"),
            lambda text, known: text.replace("\n", f"{known.delimiter * 4}\n"),
            lambda text, known: text.replace("\n", f"{known.delimiter} \n"),
            lambda text, known: text + f"{known.delimiter * 4}\n" * 3,
            lambda text, known: re.sub(rf"{known.delimiter}(?! 22)", f"{known.delimiter} ", text),
            lambda text, known: text.replace(f"{known.delimiter}\n", "\n"),
            lambda text, _: "".join(map(in_quotes, text.splitlines(keepends=True))),
            lambda text, _: "".join(
                in_quotes(line) if '"' in line else line
                for line in text.replace("Fern Lamp", '"Fern Lamp"').splitlines(keepends=True)
            ),
        ],
    )
    @pytest.mark.parametrize("ends", [True, False])
    def test_what_spreadsheets_add_and_leave_out(
        self, known: Format, change: Callable[[str, Format], str], *, ends: bool
    ) -> None:
        text = change(table(known), known)
        assert read(text if ends else text.rstrip("\r\n")) == EXPECTED

    @pytest.mark.parametrize("known", [known for known in FORMATS if known.header], ids=lambda known: known.name)
    @pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
    def test_a_header_in_any_order_and_case(self, known: Format, case: Callable[[str], str]) -> None:
        rows = list(csv.reader(io.StringIO(table(known)), delimiter=known.delimiter))
        text = io.StringIO()
        csv.writer(text).writerows([[case(name) for name in reversed(rows[0])], *(row[::-1] for row in rows[1:])])
        assert read(text.getvalue()) == EXPECTED

    @pytest.mark.parametrize("known", [known for known in FORMATS if known.header], ids=lambda known: known.name)
    def test_tables_put_together_with_their_headers_and_marks(self, known: Format) -> None:
        assert read(("\ufeff" + table(known)) * 2) == EXPECTED * 2

    @every_format
    @pytest.mark.parametrize("spelled", ["{}.0", "{}.", " {}.000 "])
    def test_numbers_as_floats_of_whole_value(self, known: Format, spelled: str) -> None:
        assert read(re.sub(r"1700000\d+", lambda found: spelled.format(found[0]), table(known))) == EXPECTED

    @every_format
    @pytest.mark.parametrize("spelled", ["{:.9e}", "{:.12E}"])
    def test_numbers_as_powers_of_ten(self, known: Format, spelled: str) -> None:
        assert read(re.sub(r"1700000\d+", lambda found: spelled.format(int(found[0])), table(known))) == EXPECTED

    def test_a_number_that_a_spreadsheet_has_rounded_is_no_time(self) -> None:
        assert reasons(read(table(FORMATS[0]).replace("1700000280", "1.7E+09"))) == ["bad_time", None, None]

    @pytest.mark.parametrize("known", [known for known in FORMATS if known.header], ids=lambda known: known.name)
    @pytest.mark.parametrize("spelled", ["%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S"])
    def test_a_time_in_words(self, known: Format, spelled: str) -> None:
        rows = list(csv.reader(io.StringIO(table(known)), delimiter=known.delimiter))
        text = io.StringIO()
        for row in rows:
            moment = [datetime.fromtimestamp(int(cell[:10]), UTC) for cell in row if cell.startswith("1700000")]
            csv.writer(text).writerow(
                [moment[0].strftime(spelled) if cell.startswith("1700000") else cell for cell in row]
            )
        assert read(text.getvalue()) == EXPECTED

    def test_a_time_in_words_where_there_is_no_other(self) -> None:
        text = table(FORMATS[0]).replace("uts,", "number,")
        for n, time in enumerate(TIMES):
            text = text.replace(str(time), str(n))
        assert read(text) == EXPECTED
        assert read(table(FORMATS[2]).replace('"14 Nov 2023, 22:23"', "2023-11-14 22:23:00 UTC")) == EXPECTED

    @every_format
    def test_nuls_at_the_end_cost_one_row(self, known: Format) -> None:
        text = table(known)
        for cut, nuls in ((0, 300), (3, 5), (9, 1), (0, 2_000_000)):
            items = read(text.encode()[: len(text) - cut] + b"\0" * nuls)
            assert items[:2] == EXPECTED[:2]
            assert len(items) == (3 if cut else 4)

    @every_format
    def test_a_row_that_is_no_utf_8_is_rejected_alone(self, known: Format) -> None:
        items = read(table(known).encode().replace(b"Tide 2", b"Tide \x81\x8d\xff 2"))
        assert reasons(items) == [None, "malformed_row", None]

    @every_format
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_reading_continues_after_any_row(self, known: Format, end: str, tmp_path: Path) -> None:
        rows = table(known, end).split(end)
        rows[-2:-2] = ['"stray', "x" * 1_100_000, *rows[-3:-1] * 20]
        (tmp_path / "export").write_text(end.join(rows), newline="")
        assert len(continues_after_any_row(tmp_path / "export")) == 45

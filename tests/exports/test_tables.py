"""Last.fm's and Libre.fm's tables, and what spreadsheets and time have done to them."""

import io
from pathlib import Path

import pytest

from producers.exports import read_export, sniff
from schemas.errors import DataFault
from schemas.listen import Ids, Listen, Skipped, Track

HEADER = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"
GOOD = '1700000002,"14 Nov 2023, 22:13",Band,,LP,,Tune,'
LISTEN = Listen(1_700_000_002, Track(("Band",), "Tune", "LP"))
BARE = "Band,LP,Tune,14 Nov 2023 22:13"
BARE_LISTEN = Listen(1_699_999_980, Track(("Band",), "Tune", "LP"))
MBID = "8f3471b5-7e6a-48da-86a9-c1c07a0f47ae"
LIBREFM = "Time,Artist,Track,Album,Username\n"


def read(text: str | bytes, format_: str | None = None) -> list[Listen | Skipped]:
    return list(read_export(io.BytesIO(text if isinstance(text, bytes) else text.encode()), format_))


def read_row(row: str) -> Listen | Skipped:
    (item,) = read(f"{HEADER}\n{row}\n")
    return item


def reasons(items: list[Listen | Skipped]) -> list[str | None]:
    return [item.reason if isinstance(item, Skipped) else None for item in items]


def test_a_header_of_two_lines_is_no_row() -> None:
    assert read('uts,"utc\n_time",artist,album,track\n1700000002,,Band,LP,Tune\n') == [LISTEN]


def test_a_table_without_header_is_known_by_a_row_of_two_lines() -> None:
    assert read('Band,LP,"Tu\nne",14 Nov 2023 22:13\n') == [
        Listen(1_699_999_980, Track(("Band",), "Tu\nne", "LP")),
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}\n{GOOD}\n",
        f"{HEADER}\r\n{GOOD}\r\n",
        f"{HEADER}\n{GOOD}",
        f"\ufeff{HEADER}\n\n{GOOD}\n\n",
        '"uts","utc_time","artist","artist_mbid","album","album_mbid","track","track_mbid"\n' + GOOD,
        "UTS, Artist ,TRACK,album\n1700000002,Band,Tune,LP\n",
        "uts;utc_time;artist;artist_mbid;album;album_mbid;track;track_mbid\n1700000002;;Band;;LP;;Tune;\n",
        "uts\tartist\talbum\ttrack\n1700000002\tBand\tLP\tTune\n",
        'track,artist,uts,album\n"Tune","Band","1700000002","LP"\n',
    ],
)
def test_every_dialect_of_the_table_with_a_header(text: str) -> None:
    assert sniff(io.BytesIO(text.encode())) == "lastfm-csv"
    assert read(text) == [LISTEN]


@pytest.mark.parametrize(
    "text",
    [
        f"{BARE}\n",
        BARE,
        f"{BARE}\r\n",
        'Band,LP,Tune,"14 Nov 2023, 22:13"\n',
        "Band;LP;Tune;14 Nov 2023 22:13\n",
        '"Band","LP","Tune","14 Nov 2023 22:13"\n',
    ],
)
def test_every_dialect_of_the_table_without_a_header(text: str) -> None:
    assert sniff(io.BytesIO(text.encode())) == "lastfm-csv"
    assert read(text) == [BARE_LISTEN]


@pytest.mark.parametrize("artist", ["[spunge]", "{", "# ", "%PDF", "<Untagged>"])
def test_names_that_look_like_something_else(artist: str) -> None:
    (item,) = read(f"{BARE.replace('Band', artist)}\n")
    assert isinstance(item, Listen)
    assert item.track.artists == (artist.strip(),)


def test_a_broken_first_row_does_not_hide_the_table() -> None:
    assert reasons(read(f'Band,"LP\nA,T,\n{BARE}\n')) == ["malformed_row", "malformed_row", None]


def test_quotes_delimiters_and_line_ends_in_fields() -> None:
    items = read(
        f'{HEADER}\n1700000002,,"Earth, Wind & Fire",,"LP\r\nTwo",,"""Heroes"" (12"")",\n1700000003,,Band,,,,7" mix,\n'
    )
    assert items == [
        Listen(1_700_000_002, Track(("Earth, Wind & Fire",), '"Heroes" (12")', "LP\r\nTwo")),
        Listen(1_700_000_003, Track(("Band",), '7" mix')),
    ]


def test_a_quote_that_is_never_closed_costs_its_line_alone() -> None:
    stray = '1700000001,,"Band,,LP,,Tune,'
    items = read(f"{HEADER}\n{GOOD}\n{stray}\n" + f"{GOOD}\n" * 200)
    assert reasons(items) == [None, "malformed_row", *[None] * 200]
    assert isinstance(items[1], Skipped)
    assert (items[1].row, items[1].raw) == (3, f"{stray}\n".encode())


def test_a_row_too_long_to_be_one_costs_itself_alone() -> None:
    for long in ("x" * 3_000_000, '"' + "x" * 3_000_000, '"' + "x\n" * 300_000, "x," * 300_000):
        items = read(f"{HEADER}\n{GOOD}\n{long}\n{GOOD}\n")
        assert items[0] == items[-1] == LISTEN
        assert {item.reason for item in items[1:-1] if isinstance(item, Skipped)} == {"malformed_row"}


@pytest.mark.parametrize("artist", ["Björk", "Sigur Rós", "Motörhead’s"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_code_pages(artist: str, encoding: str) -> None:
    (item,) = read(f"{HEADER}\n{GOOD.replace('Band', artist)}\n".encode(encoding))
    assert isinstance(item, Listen)
    assert item.track.artists == (artist,)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read(encoding: str) -> None:
    assert read(f"{HEADER}\n{GOOD}\n".encode(encoding)) == [LISTEN]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (GOOD.replace("1700000002", ""), Listen(1_699_999_980, LISTEN.track)),
        (",,Band,,LP,,Tune,", "now_playing"),
        (GOOD.replace("1700000002", "0"), "too_early"),
        (GOOD.replace("1700000002", "soon"), "bad_time"),
        (GOOD.replace("1700000002", "9999999999"), "too_late"),
        (GOOD.replace("Band", ""), "missing_artist"),
        (GOOD.replace("Tune", " "), "missing_title"),
        (GOOD.replace("Tune", "T" * 1_001), "too_long"),
        (GOOD + ",surplus", "malformed_row"),
        ("1700000002,Band", "malformed_row"),
    ],
)
def test_rows(row: str, expected: object) -> None:
    item = read_row(row)
    assert (item.reason if isinstance(item, Skipped) else item) == expected


def test_ids_are_a_guess() -> None:
    (item,) = read(f"{HEADER}\n1700000002,,Band,{MBID},LP,{MBID.upper()},Tune,rubbish\n")
    assert isinstance(item, Listen)
    assert item.track.ids is None
    assert item.track.mapped_ids == Ids(release_mbid=MBID, artist_mbids=(MBID,))


def test_what_is_playing_has_no_time() -> None:
    assert reasons(read(f"Band,LP,Tune,\n{BARE}\n")) == ["now_playing", None]


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        (f"{HEADER}\n{GOOD}\n1700000002,,Band,,LP,,Tu", "lastfm-csv"),
        (f'{HEADER}\n{GOOD}\n1700000002,"14 Nov', "lastfm-csv"),
        (f"{HEADER}\n{GOOD}\n{GOOD}{MBID[:-1]}", "lastfm-csv"),
        (f"{BARE}\n{BARE[:-1]}", "lastfm-csv"),
        ("artist,album,track,uts\nBand,,Tune,1700000002\nBand,,Tune,17000", "lastfm-csv"),
        ("artist,track,time\nBand,Tune,1700000002\nBand,Tune,17000", "librefm-csv"),
    ],
)
def test_a_last_row_cut_off_is_told_after_the_others(text: str, format_: str) -> None:
    rows = read_export(io.BytesIO(text.encode()))
    assert isinstance(next(rows), Listen)
    with pytest.raises(DataFault, match=r"- breaks off in line \d"):
        list(rows)
    assert sniff(io.BytesIO(text.encode())) == format_


@pytest.mark.parametrize("comments", ["", "# Libre.fm\n# data\n#\n", "+ACM- Libre.fm\n\n", "about, artist\n"])
@pytest.mark.parametrize("header", [LIBREFM, LIBREFM.upper(), '"time","artist","track","album","username"\n'])
def test_librefm(comments: str, header: str) -> None:
    text = f"{comments}{header}1700000002,Band,Tune,LP,me\n1700000003,Band,Tune,,me\n17,Band,Tune,,me\n,Band,Tune,,me\n"
    assert sniff(io.BytesIO(text.encode())) == "librefm-csv"
    items = read(text)
    assert items[:2] == [LISTEN, Listen(1_700_000_003, Track(("Band",), "Tune"))]
    assert reasons(items[2:]) == ["too_early", "bad_time"]


def test_librefm_needs_no_album() -> None:
    assert read("time,artist,track\n1700000002,Band,Tune\n") == [Listen(1_700_000_002, Track(("Band",), "Tune"))]


def test_a_format_that_was_named_and_is_not_there() -> None:
    with pytest.raises(DataFault, match="is no librefm-csv export") as fault:
        read("a,b,c\n", "librefm-csv")
    assert "no line that names the columns time, artist, track" in fault.value.hint
    with pytest.raises(DataFault, match="is no lastfm-csv export: it looks like a table"):
        read("a,b,c\n", "lastfm-csv")


def test_a_folder_with_others(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "recenttracks.csv").write_text(f"{HEADER}\n{GOOD}\n")
    (tmp_path / "notes.txt").write_text("Dear diary")
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    assert list(read_export(tmp_path)) == [LISTEN]
    (tmp_path / "sub" / "plays.csv").write_text(f"{LIBREFM}1700000002,Band,Tune,LP,me\n")
    assert list(read_export(tmp_path)) == [LISTEN, LISTEN]

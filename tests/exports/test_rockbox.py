import io

import pytest

from producers.exports import read_export, sniff
from schemas.errors import DataFault
from schemas.listen import Ids, Listen, Skipped, Track

HEADER = "#AUDIOSCROBBLER/1.1\n#TZ/UTC\n#CLIENT/Rockbox sansae200 $Revision$\n"
MBID = "8f3471b5-7e6a-48da-86a9-c1c07a0f47ae"
GOOD = f"Band\tLP\tTune\t7\t200\tL\t1700000002\t{MBID}"
LISTEN = Listen(1_700_000_002, Track(("Band",), "Tune", "LP", duration_ms=200_000, ids=Ids(MBID)))


def read(text: str) -> list[Listen | Skipped]:
    return list(read_export(io.BytesIO(text.encode())))


def read_row(row: str) -> Listen | Skipped:
    (item,) = read(f"{HEADER}{row}\n")
    return item


@pytest.mark.parametrize(
    "header", [HEADER, "", HEADER.replace("UTC", "UNKNOWN"), "#AUDIOSCROBBLER/1.0\n", HEADER.replace("\n", "\r\n")]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_every_header_and_line_end(header: str, end: str) -> None:
    text = f"{header}{GOOD}{end}"
    assert sniff(io.BytesIO(text.encode())) == "rockbox"
    assert read(text) == [LISTEN]


def test_rows_of_the_first_version_have_no_id() -> None:
    row = "Band\tLP\tTune\t7\t200\tL\t1700000002\n"
    assert read(row) == [Listen(1_700_000_002, Track(("Band",), "Tune", "LP", duration_ms=200_000))]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (("\tL\t", "\tS\t"), "short_play"),
        (("\tL\t", "\tX\t"), "malformed_row"),
        (("Band", "<Untagged>"), "missing_artist"),
        (("Tune", "<Untagged>"), "missing_title"),
        (("Band", ""), "missing_artist"),
        (("Tune", "Tu\tne"), "malformed_row"),
        (("1700000002", "0"), "too_early"),
        (("1700000002", "315532800"), "too_early"),
        (("1700000002", "946684800"), "too_early"),
        (("1700000002", "soon"), "bad_time"),
        (("Band", "#hashtag"), "not_a_play"),
        (("LP\t", ""), None),
    ],
)
def test_rows_that_are_no_plays(changed: tuple[str, str], expected: str | None) -> None:
    item = read_row(GOOD.replace(*changed))
    assert isinstance(item, Skipped)
    assert item.reason == (expected or "malformed_row")
    assert item.row == 4


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (("LP", "<Untagged>"), Track(("Band",), "Tune", duration_ms=200_000, ids=Ids(MBID))),
        (("LP", ""), Track(("Band",), "Tune", duration_ms=200_000, ids=Ids(MBID))),
        (("200", "long"), Track(("Band",), "Tune", "LP", ids=Ids(MBID))),
        ((MBID, "6ba7b810?-9dad-11d1-80b4"), Track(("Band",), "Tune", "LP", duration_ms=200_000)),
        ((MBID, "Various"), Track(("Band",), "Tune", "LP", "Various", duration_ms=200_000)),
        (("Tune", 'Tu"ne'), Track(("Band",), 'Tu"ne', "LP", duration_ms=200_000, ids=Ids(MBID))),
    ],
)
def test_rows_with_something_odd(changed: tuple[str, str], expected: Track) -> None:
    item = read_row(GOOD.replace(*changed))
    assert isinstance(item, Listen)
    assert item.track == expected


def test_comments_among_the_rows_are_no_rows() -> None:
    assert read(f"{HEADER}{GOOD}\n{HEADER}{GOOD}\n") == [LISTEN, LISTEN]


@pytest.mark.parametrize("cut", [1, 5, 36, 40])
def test_a_last_row_cut_off_is_told_after_the_others(cut: int) -> None:
    rows = read_export(io.BytesIO(f"{HEADER}{GOOD}\n{GOOD[:-cut]}".encode()))
    assert next(rows) == LISTEN
    if cut == 36:  # all but the id, which may be missing
        assert isinstance(next(rows), Listen)
    else:
        with pytest.raises(DataFault, match="breaks off in line 5"):
            next(rows)

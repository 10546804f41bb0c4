import io
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.exports import Alias, open_export, read_export
from producers.exports.alias import AlbumName, ArtistName, TrackName
from schemas.errors import DataFault
from schemas.listen import Ids, Listen, Skipped, Track

HEADER = b'{"scrobbles_export":1,"user":"me"}\n'
TRACK = {"artists": ["A"], "title": "T"}


def read_row(row: object) -> Listen | Skipped:
    (item,) = read_export(io.BytesIO(HEADER + json.dumps(row).encode() + b"\n"))
    return item


def track(**changed: object) -> Track:
    item = read_row({"listened_at": 1_700_000_000, "track": {**TRACK, **changed}})
    assert isinstance(item, Listen), item
    return item.track


ids = st.builds(
    Ids,
    st.none() | st.text("abc-0\u00e9", min_size=1, max_size=36),
    isrc=st.none() | st.just("I"),
    artist_mbids=st.lists(st.sampled_from(["", "a"]), max_size=3).map(tuple),
)


@given(own=st.none() | ids, mapped=st.none() | ids)
def test_ids_come_back(own: Ids | None, mapped: Ids | None) -> None:
    listen = Listen(1_700_000_000, Track(("A", "B feat. C", "D • E"), "T (feat. X)", "LP", "V", 1, own, mapped), 1)
    assert list(read_export(io.BytesIO(HEADER + msgspec.json.encode(listen)))) == [listen]


def test_other_names_are_no_rows_and_are_passed_on() -> None:
    lines: list[object] = [
        {"artist": {"name": "Yorushika"}, "same_as": {"name": "ヨルシカ"}},
        {"album": {"artist": "A", "title": "LP alias"}, "same_as": {"artist": "A", "title": "LP"}},
        {"listened_at": 1_700_000_000, "track": TRACK},
        {"track": {"artist": "A", "title": "T2"}, "same_as": {"artist": "B", "title": "T", "album": "LP"}},
        {"artist": {"name": ""}, "same_as": {"name": "A"}},
        {"artist": {"name": "A"}},
    ]
    content = HEADER + b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    aliases: set[Alias] = set()
    with open_export(io.BytesIO(content), aliases=aliases) as export:
        items = list(export.rows)
    assert [getattr(item, "row", 0) for item in items] == [0, 6, 7]
    assert aliases == {
        Alias(ArtistName("Yorushika"), ArtistName("ヨルシカ")),
        Alias(AlbumName("A", "LP alias"), AlbumName("A", "LP")),
        Alias(TrackName("A", "T2"), TrackName("B", "T", "LP")),
    }


def test_an_export_of_nothing_is_one() -> None:
    assert list(read_export(io.BytesIO(HEADER))) == []


def test_an_export_of_a_later_version_is_refused() -> None:
    with pytest.raises(DataFault, match="has version 2, not 1"):
        list(read_export(io.BytesIO(HEADER.replace(b":1,", b":2,"))))


def test_names_are_cleaned_and_ids_that_are_none_are_left_out() -> None:
    assert track(artists=[" A ", "", 17, "B\0"]).artists == ("A", "17", "B")
    assert track(artists=[str(number) for number in range(101)]).artists == tuple(map(str, range(100)))
    assert track(album=" ", album_artist="V") == Track(("A",), "T")
    assert track(title="T\ud83d").title == "T"
    for odd in (17, {"isrc": ""}, {"isrc": 17}, {"artist_mbids": "a"}, {"isrc": "\ud83d"}, {"\ud83d": "I"}):
        assert track(ids=odd, mapped_ids=odd) == Track(("A",), "T")
    assert track(ids={"isrc": "I", "deezer": 1}).ids == Ids(isrc="I")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"listened_at": 1_700_000_000}, "malformed_row"),
        ({"listened_at": 1_700_000_000, "track": None}, "malformed_row"),
        ({"listened_at": 1_700_000_000, "track": ["T"]}, "malformed_row"),
        ({"listened_at": None, "track": TRACK}, "bad_time"),
        ({"listened_at": 1, "track": TRACK}, "too_early"),
        ({"listened_at": 1_700_000_000, "track": {"title": "T"}}, "missing_artist"),
        ({"listened_at": 1_700_000_000, "track": {**TRACK, "title": "\u200b"}}, "missing_title"),
        ({"listened_at": 1_700_000_000, "track": {**TRACK, "title": "T" * 1_001}}, "too_long"),
    ],
)
def test_rows_that_are_refused(row: object, expected: str) -> None:
    item = read_row(row)
    assert isinstance(item, Skipped)
    assert (item.reason, item.row) == (expected, 2)

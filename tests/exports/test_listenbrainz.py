import io
import json

import pytest

from producers.exports import read_export
from schemas.errors import DataFault
from schemas.listen import Ids, Listen, Skipped, Track

GOOD = '{"listened_at":1700000000,"track_metadata":{"track_name":"T","artist_name":"A"}}'


def read_lines(content: bytes) -> list[Listen | Skipped]:
    return list(read_export(io.BytesIO(content)))


def read_row(row: object) -> Listen | Skipped:
    text = json.dumps(row)
    first, from_line = read_lines(f"{GOOD}\n{text}\n".encode())
    _, from_array = read_lines(f"[{GOOD},{text}]".encode())
    assert isinstance(first, Listen)
    if isinstance(from_line, Skipped) and isinstance(from_array, Skipped):
        assert from_line.reason == from_array.reason
    else:
        assert from_line == from_array
    return from_line


def track(info: object = None, **changed: object) -> Track:
    metadata = {"track_name": "T", "artist_name": "A", "additional_info": info, **changed}
    item = read_row({"listened_at": 1_700_000_000, "track_metadata": metadata})
    assert isinstance(item, Listen), item
    return item.track


def mapping(*credits_: tuple[str, str | None]) -> dict[str, object]:
    artists = [{"artist_mbid": "x", "artist_credit_name": name, "join_phrase": joiner} for name, joiner in credits_]
    return {"recording_name": "Other", "artists": artists}


def test_the_sample_of_the_format() -> None:
    row = {
        "inserted_at": 1_700_000_010.5,
        "listened_at": 1_700_000_003,
        "track_metadata": {
            "track_name": "Tune",
            "artist_name": "A feat. B",
            "recording_msid": "00000000-0000-4000-8000-000000000001",
            "additional_info": {"submission_client": "x"},
            "mbid_mapping": None,
        },
    }
    assert read_row(row) == Listen(1_700_000_003, Track(("A", "B"), "Tune"))


@pytest.mark.parametrize("time", [1_700_000_000, 1_700_000_000.000000, "1700000000", 1_700_000_000_000])
def test_times(time: object) -> None:
    item = read_row({"listened_at": time, "track_metadata": {"track_name": "T", "artist_name": "A"}})
    assert item == Listen(1_700_000_000, Track(("A",), "T"))


@pytest.mark.parametrize("info", [None, {}, [], "text", 17, {"artist_names": None, "tags": ["x"], "tracknumber": "7"}])
def test_additional_information_of_any_kind(info: object) -> None:
    assert track(info) == Track(("A",), "T")


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (["B", "C"], ("B", "C")),
        (["Z", "B"], ("Z", "B")),
        (["B • C", "D feat. E"], ("B", "C", "D", "E")),
        ("B", ("B",)),
        ([], ("A",)),
        ([""], ("A",)),
        ([None, 17], ("17",)),
        ({"B": 1}, ("A",)),
    ],
)
def test_the_list_of_artists_wins_over_their_text(listed: object, expected: tuple[str, ...]) -> None:
    assert track({"artist_names": listed}).artists == expected


@pytest.mark.parametrize(
    ("text", "mapped", "expected"),
    [
        ("A & B", mapping(("A", " & "), ("B", "")), ("A", "B")),
        ("a & b", mapping(("A", " & "), ("B", "")), ("a", "b")),
        ("A feat. B", mapping(("A", " feat. "), ("B", None)), ("A", "B")),
        ("Earth, Wind & Fire", mapping(("Earth, Wind & Fire", "")), ("Earth, Wind & Fire",)),
        # Where the mapping says something else, it is a guess at another artist.
        ("Dune", mapping(("Dune", " & "), ("The London Session Orchestra", "")), ("Dune",)),
        ("A & B", mapping(("A", " and "), ("B", "")), ("A & B",)),
        ("A & B", mapping(("A", "")), ("A & B",)),
        ("A & B", mapping(), ("A & B",)),
        ("A & B", {"artists": None}, ("A & B",)),
        ("A & B", {"artists": ["A", "B"]}, ("A & B",)),
        ("A & B", {"artists": [None, {"artist_credit_name": 1}]}, ("A & B",)),
        ("A & B", {"artists": [{"artist_credit_name": "A", "\ud83d": 1}]}, ("A & B",)),
        ("A & B", "odd", ("A & B",)),
    ],
)
def test_the_mapping_splits_but_never_renames(text: str, mapped: object, expected: tuple[str, ...]) -> None:
    found = track(artist_name=text, mbid_mapping=mapped)
    assert (found.artists, found.title) == (expected, "T")


@pytest.mark.parametrize(
    ("info", "length", "played"),
    [
        ({"duration_ms": 200_000}, 200_000, None),
        ({"duration_ms": "200000"}, 200_000, None),
        ({"duration_ms": 200_000.4}, 200_000, None),
        ({"duration": 200}, 200_000, None),
        ({"duration": "200"}, 200_000, None),
        ({"duration": 200.5}, 200_500, None),
        ({"duration": 200, "duration_ms": 199_500}, 199_500, None),
        ({"duration": 200, "duration_ms": 0}, 200_000, None),
        ({"duration": "3:20", "duration_ms": []}, None, None),
        ({"ms_played": 180_000}, None, 180_000),
        ({"duration_played": 180}, None, 180_000),
    ],
)
def test_lengths(info: dict[str, object], length: int | None, played: int | None) -> None:
    metadata = {"track_name": "T", "artist_name": "A", "additional_info": info}
    item = read_row({"listened_at": 1_700_000_000, "track_metadata": metadata})
    assert item == Listen(1_700_000_000, Track(("A",), "T", duration_ms=length), played)


def test_albums() -> None:
    assert track(release_name=" LP ").album == "LP"
    assert track(release_name="").album is None
    assert track(release_name=None).album is None
    assert track({"release_artist_name": "V"}, release_name="LP").album_artist == "V"
    assert (
        track({"release_artist_names": ["V", "W"], "release_artist_name": "X"}, release_name="LP").album_artist == "V"
    )
    assert track({"release_artist_name": "V"}).album_artist is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (17, "malformed_row"),
        ({"listened_at": 1_700_000_000}, "malformed_row"),
        ({"listened_at": 1_700_000_000, "track_metadata": None}, "malformed_row"),
        ({"track_metadata": {"track_name": "T", "artist_name": "A"}}, "bad_time"),
        ({"listened_at": 1, "track_metadata": {"track_name": "T", "artist_name": "A"}}, "too_early"),
        ({"listened_at": 4e9, "track_metadata": {"track_name": "T", "artist_name": "A"}}, "too_late"),
        ({"listened_at": 1_700_000_000, "track_metadata": {"track_name": "T"}}, "missing_artist"),
        ({"listened_at": 1_700_000_000, "track_metadata": {"track_name": "T", "artist_name": " "}}, "missing_artist"),
        ({"listened_at": 1_700_000_000, "track_metadata": {"artist_name": "A"}}, "missing_title"),
        ({"listened_at": 1_700_000_000, "track_metadata": {"track_name": "\0", "artist_name": "A"}}, "missing_title"),
    ],
)
def test_rows_that_are_refused(row: object, expected: str) -> None:
    item = read_row(row)
    assert isinstance(item, Skipped)
    assert (item.reason, item.row) == (expected, 2)


@pytest.mark.parametrize("odd", ["NaN", "1e400", "18446744073709551616", "-Infinity", "9" * 5_000])
def test_an_odd_number_costs_only_its_line(odd: str) -> None:
    first, second, third = read_lines(f"{GOOD}\n{GOOD.replace('1700000000', odd)}\n{GOOD}\n".encode())
    assert isinstance(second, Skipped)
    assert (second.row, first) == (2, third)


def test_an_odd_number_beside_what_matters_costs_nothing() -> None:
    row = GOOD.replace('"A"', '"A\\ud800","additional_info":{"tags":[NaN,1e400],"duration":NaN}')
    assert read_lines(f"{row}\n".encode()) == [Listen(1_700_000_000, Track(("A",), "T"))]


def test_blank_lines_are_no_rows() -> None:
    items = read_lines(f"\n{GOOD}\r\n\r\n  \nnot json\r\n{GOOD}".encode())
    assert [getattr(item, "row", 0) for item in items] == [0, 2, 0]


@pytest.mark.parametrize("bad", [b"\xff", b"{" * 5_000, b'{"a":' * 5_000, b'{"listened_at":"\xe9"}', b"x" * 3_000_000])
def test_a_broken_line_costs_only_itself(bad: bytes) -> None:
    items = read_lines(GOOD.encode() + b"\n" + bad + b"\n" + GOOD.encode() + b"\n")
    assert [type(item) for item in items] == [Listen, Skipped, Listen]
    assert isinstance(items[1], Skipped)
    assert (items[1].reason, items[1].row, items[1].member) == ("malformed_row", 2, "-")


def test_two_rows_in_one_line_are_two() -> None:
    assert [type(item) for item in read_lines(f"{GOOD}\n{GOOD}{GOOD}\n".encode())] == [Listen] * 3


def test_a_broken_first_line_does_not_hide_the_format() -> None:
    assert [type(item) for item in read_lines(f'{{"listened\n{GOOD}\n'.encode())] == [Skipped, Listen]


def test_a_last_line_cut_off_is_told_after_the_others() -> None:
    rows = read_export(io.BytesIO(f"{GOOD}\n{GOOD[:40]}".encode()))
    assert isinstance(next(rows), Listen)
    with pytest.raises(DataFault, match="- breaks off after row 1"):
        next(rows)


A, B, C = (f"8f3471b5-7e6a-48da-86a9-c1c07a0f47a{digit}" for digit in "abc")


def test_ids_that_the_player_submitted() -> None:
    info = {
        "recording_mbid": A.upper(),
        "release_mbid": B,
        "release_group_mbid": C,
        "artist_mbids": [C],
        "isrc": "gb-aye-68-00012",
        "spotify_id": "https://open.spotify.com/track/3n3Ppam7vgaVa1iaRUc9Lp",
        "lastfm_track_mbid": B,
        "track_mbid": B,
    }
    expected = Ids(A, "GBAYE6800012", "3n3Ppam7vgaVa1iaRUc9Lp", B, C, (C,))
    assert track(info, release_name="LP") == Track(("A",), "T", "LP", ids=expected)


def test_ids_that_were_mapped() -> None:
    mapped = {**mapping(("A", "")), "recording_mbid": A, "release_mbid": B, "artist_mbids": [C], "caa_id": 17}
    assert track({"recording_mbid": B}, mbid_mapping=mapped) == Track(
        ("A",), "T", ids=Ids(B), mapped_ids=Ids(A, release_mbid=B, artist_mbids=(C,))
    )


@pytest.mark.parametrize("odd", ["", " ", None, "rubbish", A[:-1], "g" + A[1:], 17, [A], {"a": A}])
def test_what_is_no_id_costs_nothing(odd: object) -> None:
    fields = ("recording_mbid", "release_mbid", "release_group_mbid", "isrc", "spotify_id")
    info = {**dict.fromkeys(fields, odd), "artist_mbids": [odd]}
    mapped = {**mapping(("A", "")), "recording_mbid": odd, "release_mbid": odd, "artist_mbids": [odd]}
    assert track(info, mbid_mapping=mapped) == Track(("A",), "T")


@pytest.mark.parametrize(
    ("text", "listed", "mbids", "expected"),
    [
        ("A", None, [A], (A,)),
        ("A feat. B", None, [A, B], (A, B)),
        ("X", ["A", "B"], [A, B], (A, B)),
        ("X", ["A", "B"], [A, "rubbish"], (A, "")),
        ("X", ["A", "B"], ["", ""], ()),
        ("X", ["A", "B"], [A], ()),
        ("A & B", None, [A, B], ()),
        # The guest comes last here and second there.
        ("X", ["A feat. C", "B"], [A, C, B], ()),
        ("X", ["A", "B"], A, ()),
        ("A", None, [], ()),
        ("A", None, {}, ()),
    ],
)
def test_ids_of_artists_count_where_there_are_as_many(
    text: str, listed: object, mbids: object, expected: tuple[str, ...]
) -> None:
    found = track({"artist_names": listed, "artist_mbids": mbids}, artist_name=text)
    assert (found.ids.artist_mbids if found.ids else ()) == expected


def test_the_id_of_a_release_without_a_name_makes_no_album() -> None:
    assert track({"release_mbid": A}) == Track(("A",), "T", ids=Ids(release_mbid=A))


def test_ids_of_the_slow_way_are_those_of_the_fast_one() -> None:
    row = GOOD.replace('"A"', f'"A","odd":NaN,"additional_info":{{"isrc":"GBAYE6800012","artist_mbids":["{A}"]}}')
    slow, fast = read_lines(f"{row}\n{row.replace('NaN', '0')}\n".encode())
    assert slow == fast == Listen(1_700_000_000, Track(("A",), "T", ids=Ids(isrc="GBAYE6800012", artist_mbids=(A,))))

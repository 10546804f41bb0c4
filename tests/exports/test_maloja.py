import io
import itertools
import json

import pytest

from producers.exports import read_export
from schemas.listen import Listen, Skipped, Track

NOTHING: dict[str, object] = {}


def read_row(row: object) -> Listen | Skipped:
    # An empty header makes it Maloja's whatever the row is.
    content = json.dumps({"maloja": {}, "scrobbles": [row]})
    (item,) = read_export(io.BytesIO(content.encode()))
    return item


def track(**changed: object) -> Track:
    row = {"time": 1_700_000_000, "track": {"artists": ["A"], "title": "T", **changed}}
    item = read_row(row)
    assert isinstance(item, Listen), item
    return item.track


def reason(row: object) -> str:
    item = read_row(row)
    assert isinstance(item, Skipped), item
    return item.reason


def test_the_sample_of_the_format() -> None:
    row = {
        "time": 1_700_000_001,
        "track": {"artists": ["Guest", "Main Act • Guest"], "title": "Tune", "album": None, "length": 201},
        "duration": 180,
        "origin": "client:navi",
    }
    expected = Track(("Main Act", "Guest"), "Tune", duration_ms=201_000)
    assert read_row(row) == Listen(1_700_000_001, expected, 180_000)


@pytest.mark.parametrize(
    ("album", "expected"),
    [
        (None, (None, None)),
        (NOTHING, (None, None)),
        ({"albumtitle": "", "artists": ["A"]}, (None, None)),
        ({"albumtitle": None, "artists": ["A"]}, (None, None)),
        ({"albumtitle": "LP", "artists": ["A"]}, ("LP", "A")),
        ({"albumtitle": "LP", "artists": ["Z", "B"]}, ("LP", "Z")),
        ({"albumtitle": "LP", "artists": ["Z • B"]}, ("LP", "Z")),
        ({"albumtitle": "LP", "artists": None}, ("LP", None)),
        ({"albumtitle": "LP", "artists": []}, ("LP", None)),
        ({"albumtitle": "LP"}, ("LP", None)),
        ({"name": "LP"}, ("LP", None)),
        ("LP", ("LP", None)),
        (17, ("17", None)),
        ({"albumtitle": "LP", "artists": [{"name": "A"}]}, ("LP", "A")),
    ],
)
def test_albums(album: object, expected: tuple[str | None, str | None]) -> None:
    found = track(album=album)
    assert (found.album, found.album_artist) == expected


def test_an_export_before_3_2_has_no_album() -> None:
    assert track() == Track(("A",), "T")


@pytest.mark.parametrize(
    ("artists", "album_artists", "expected"),
    [
        (["Z", "B", "K"], ["K"], {"Z", "B"}),
        (["Z", "B", "K"], ["k"], {"Z", "B"}),
        (["C", "K • C"], None, {"C"}),
        (["A", "B", "K", "K • B • A"], None, {"A", "B"}),
        (["K", "M • K"], ["K"], {"M"}),
        (["B", "K feat. B"], None, {"B"}),
    ],
)
def test_the_primary_artist_is_known_by_album_or_joined_name_whatever_the_order(
    artists: list[str], album_artists: list[str] | None, expected: set[str]
) -> None:
    album = {"albumtitle": "LP", "artists": album_artists}
    for shuffled in itertools.permutations(artists):
        primary, *guests = track(artists=list(shuffled), album=album).artists
        assert primary == "K"
        assert set(guests) == expected


@pytest.mark.parametrize("album_artists", [None, ["Elsewhere"]])
def test_where_nothing_else_tells_the_first_artist_of_the_list_is_the_primary_one(album_artists: object) -> None:
    found = track(artists=["Z", "B", "K"], album={"albumtitle": "LP", "artists": album_artists})
    assert found.artists == ("Z", "B", "K")


def test_guests_in_the_title_are_credited_and_the_title_stays() -> None:
    found = track(title="T (feat. X & Y)")
    assert (found.artists, found.title) == (("A", "X", "Y"), "T (feat. X & Y)")


@pytest.mark.parametrize("artists", [[], None, [""]])
def test_a_guest_in_the_title_owns_no_album(artists: object) -> None:
    found = track(artists=artists, title="T (feat. X)", album={"albumtitle": "LP", "artists": artists})
    assert (found.artists, found.album_artist) == (("X",), None)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (None, "malformed_row"),
        ([17], "malformed_row"),
        ({"time": 1_700_000_000}, "malformed_row"),
        ({"time": 1_700_000_000, "track": "T"}, "malformed_row"),
        ({"track": {"artists": ["A"], "title": "T"}}, "bad_time"),
        ({"time": False, "track": {"artists": ["A"], "title": "T"}}, "bad_time"),
        ({"time": 0, "track": {"artists": ["A"], "title": "T"}}, "too_early"),
        ({"time": 4_000_000_000, "track": {"artists": ["A"], "title": "T"}}, "too_late"),
        ({"time": 1_700_000_000, "track": {"artists": [], "title": "T"}}, "missing_artist"),
        ({"time": 1_700_000_000, "track": {"artists": ["", "\u200b"], "title": "T"}}, "missing_artist"),
        ({"time": 1_700_000_000, "track": {"artists": [None, {}], "title": "T"}}, "missing_artist"),
        ({"time": 1_700_000_000, "track": {"title": "T"}}, "missing_artist"),
        ({"time": 1_700_000_000, "track": {"artists": ["A"], "title": "  "}}, "missing_title"),
        ({"time": 1_700_000_000, "track": {"artists": ["A"], "title": ["T"]}}, "malformed_row"),
        ({"time": 1_700_000_000, "track": {"artists": ["A"]}}, "missing_title"),
        ({"time": 1_700_000_000, "track": {"artists": ["A"], "title": "T" * 1_001}}, "too_long"),
        ({"time": 1_700_000_000, "track": {"artists": ["A" * 1_001], "title": "T"}}, "too_long"),
    ],
)
def test_rows_that_are_refused(row: object, expected: str) -> None:
    assert reason(row) == expected


@pytest.mark.parametrize("time", ["1700000000", 1_700_000_000_000, "1700000000000", 1.7e9])
def test_times_of_converted_files(time: object) -> None:
    item = read_row({"time": time, "track": {"artists": ["A"], "title": "T"}})
    assert isinstance(item, Listen)
    assert item.listened_at == 1_700_000_000


@pytest.mark.parametrize("odd", ["NaN", "1e400", "18446744073709551616", "-Infinity"])
def test_an_odd_number_costs_only_its_row(odd: str) -> None:
    good = '{"time": 1700000000, "track": {"artists": ["A"], "title": "T"}}'
    bad = f'{{"time": {odd}, "track": {{"artists": ["A"], "title": "T"}}}}'
    first, second, third = read_export(io.BytesIO(f'{{"scrobbles": [{good}, {bad}, {good}]}}'.encode()))
    assert isinstance(second, Skipped)
    assert second.row == 2
    assert first == third


def test_a_lone_surrogate_costs_only_itself() -> None:
    assert track(title="T\ud83d").title == "T"

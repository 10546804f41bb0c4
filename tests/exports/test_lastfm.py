import io
import json

import pytest

from producers.exports import read_export, sniff
from schemas.errors import DataFault
from schemas.listen import Ids, Listen, Skipped, Track

MBID = "8f3471b5-7e6a-48da-86a9-c1c07a0f47ae"
PLAY: dict[str, object] = {
    "artist": {"mbid": "", "#text": "Band"},
    "streamable": "0",
    "image": [{"size": "small", "#text": ""}],
    "mbid": "",
    "album": {"mbid": "", "#text": ""},
    "name": "Tune",
    "url": "https://example.com",
    "date": {"uts": "1700000002", "#text": "14 Nov 2023, 22:13"},
}
LISTEN = Listen(1_700_000_002, Track(("Band",), "Tune"))
PLAYING = {**PLAY, "@attr": {"nowplaying": "true"}, "date": None}
ABOUT = {"page": "1", "perPage": "200", "totalPages": "1", "total": "1", "user": "me"}


def read(document: object) -> list[Listen | Skipped]:
    return list(read_export(io.BytesIO(json.dumps(document).encode())))


def read_row(**changed: object) -> Listen | Skipped:
    row = {**PLAY, **changed}
    _, from_page, fast = read([{"track": [PLAY, row, PLAY], "@attr": ABOUT}])[:2] + read([PLAY, PLAY, row, PLAY])[2:3]
    assert str(from_page) == str(fast) or isinstance(from_page, Skipped)
    return from_page


def track(**changed: object) -> Track:
    item = read_row(**changed)
    assert isinstance(item, Listen), item
    return item.track


@pytest.mark.parametrize(
    "document",
    [
        [{"track": [PLAY], "@attr": ABOUT}],
        [{"@attr": ABOUT, "track": [PLAY]}],
        [{"track": PLAY, "@attr": ABOUT}],
        {"track": [PLAY], "@attr": ABOUT},
        {"track": PLAY},
        {"recenttracks": {"track": [PLAY], "@attr": ABOUT}},
        {"recenttracks": {"@attr": ABOUT, "track": PLAY}},
        {"recenttracks": [PLAY]},
        [{"recenttracks": {"track": [PLAY], "@attr": ABOUT}}],
        [PLAY],
        [{"@attr": {"rank": "1"}, **PLAY}],
    ],
)
def test_every_shape(document: object) -> None:
    assert read(document) == [LISTEN]


@pytest.mark.parametrize(
    "document",
    [
        [{"track": [], "@attr": ABOUT}],
        {"recenttracks": {"track": [], "@attr": ABOUT}},
    ],
)
def test_a_library_without_plays(document: object) -> None:
    assert read(document) == []


def test_pages_of_every_size_and_what_else_stands_among_them() -> None:
    pages = [
        {"track": [PLAY] * 400, "@attr": ABOUT},
        {"track": [], "@attr": ABOUT},
        {"error": 8, "message": "Operation failed"},
        {"track": PLAY, "@attr": ABOUT},
        PLAY,
        None,
        {"track": [PLAY, PLAY]},
    ]
    items = read(pages)
    assert [(item.reason, item.row) for item in items if isinstance(item, Skipped)] == [
        ("malformed_row", 401),
        ("malformed_row", 404),
    ]
    assert [item for item in items if isinstance(item, Listen)] == [LISTEN] * 404


def test_a_page_of_any_length_needs_no_memory_of_its_own() -> None:
    row = json.dumps(PLAY)
    content = f'{{"recenttracks":{{"track":[{",".join([row] * 10_000)}]}}}}'.encode()
    assert len(list(read_export(io.BytesIO(content)))) == 10_000


@pytest.mark.parametrize("attr", [{"@attr": {"nowplaying": "true"}}, {}])
def test_what_is_playing_is_no_play_yet(attr: dict[str, object]) -> None:
    row = {key: value for key, value in {**attr, **PLAY}.items() if key != "date"}
    first, second = read([{"track": [row, PLAY], "@attr": ABOUT}])
    assert isinstance(first, Skipped)
    assert (first.reason, first.row) == ("now_playing", 1)
    assert second == LISTEN


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ({"uts": "1700000002"}, 1_700_000_002),
        ({"uts": 1_700_000_002}, 1_700_000_002),
        ({"uts": "1700000002000"}, 1_700_000_002),
        (1_700_000_002, 1_700_000_002),
        ("1700000002", 1_700_000_002),
        ({"#text": "14 Nov 2023, 22:13"}, 1_699_999_980),
        ({"uts": "", "#text": "4 November 2023 22:13"}, 1_699_135_980),
        ({"uts": "0", "#text": "01 Jan 1970, 00:00"}, "too_early"),
        ({"uts": "3", "#text": "01 Jan 1970, 00:00"}, "too_early"),
        ({"uts": "-5"}, "bad_time"),
        ({"uts": "soon"}, "bad_time"),
        ({"uts": 1_700_000_002.0}, 1_700_000_002),
        ({"uts": "1700000002.0"}, 1_700_000_002),
        ("2023-11-14 22:13:22 UTC", 1_700_000_002),
        ({"uts": 0}, "too_early"),
        ({"uts": []}, "bad_time"),
        ({"uts": False}, "bad_time"),
        ({"#text": ["x"]}, "bad_time"),
        ({"#text": 17}, "bad_time"),
        ("soon", "bad_time"),
        ({"#text": "31 Feb 2023, 22:13"}, "bad_time"),
        ({"#text": "14 Nil 2023, 22:13"}, "bad_time"),
        ({"#text": "yesterday"}, "bad_time"),
        ({"#text": "01 Jan 2100, 00:00"}, "too_late"),
        ({}, "now_playing"),
        (None, "now_playing"),
        ([], "now_playing"),
    ],
)
def test_times(date: object, expected: object) -> None:
    item = read_row(date=date)
    assert (item.listened_at if isinstance(item, Listen) else item.reason) == expected


@pytest.mark.parametrize(
    ("artist", "expected"),
    [
        ({"#text": " Band "}, ("Band",)),
        ({"name": "Band", "url": ""}, ("Band",)),
        ("Band", ("Band",)),
        ({"#text": "A feat. B"}, ("A", "B")),
        ({"#text": "A & B, C"}, ("A & B, C",)),
    ],
)
def test_artists(artist: object, expected: tuple[str, ...]) -> None:
    assert track(artist=artist).artists == expected


def test_albums() -> None:
    assert track(album={"#text": " LP "}).album == "LP"
    assert track(album="LP").album == "LP"
    assert track(album={"#text": ""}).album is None
    assert track(album=None).album is None
    assert track(album=[]).album is None


def test_ids_are_a_guess() -> None:
    found = track(
        mbid=MBID.upper(),
        artist={"#text": "Band", "mbid": MBID.replace("8", "1")},
        album={"#text": "LP", "mbid": MBID.replace("8", "2")},
    )
    assert found.ids is None
    assert found.mapped_ids == Ids(MBID, release_mbid=MBID.replace("8", "2"), artist_mbids=(MBID.replace("8", "1"),))


@pytest.mark.parametrize("odd", ["", "rubbish", None, MBID[:-1], 17, [MBID]])
def test_what_is_no_id_costs_nothing(odd: object) -> None:
    assert track(mbid=odd, artist={"#text": "Band", "mbid": odd}, album={"#text": "", "mbid": odd}) == LISTEN.track


def test_an_id_of_several_artists_or_of_no_album_is_whose_nobody_knows() -> None:
    found = track(artist={"#text": "A feat. B", "mbid": MBID}, album={"#text": "", "mbid": MBID})
    assert found.mapped_ids is None


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"name": ""}, "missing_title"),
        ({"name": None}, "missing_title"),
        ({"artist": {"#text": " "}}, "missing_artist"),
        ({"artist": None}, "missing_artist"),
        ({"artist": True}, "malformed_row"),
        ({"artist": ["Band"]}, "malformed_row"),
        ({"artist": {"#text": {"a": 1}}}, "malformed_row"),
        ({"name": ["Tune"]}, "malformed_row"),
        ({"album": {"#text": True}}, "malformed_row"),
        ({"name": "T" * 1_001}, "too_long"),
    ],
)
def test_rows_that_are_refused(changed: dict[str, object], expected: str) -> None:
    item = read_row(**changed)
    assert isinstance(item, Skipped)
    assert (item.reason, item.row) == (expected, 2)


def test_a_lone_surrogate_and_a_line_feed_cost_only_themselves() -> None:
    row = json.dumps(PLAY).replace("Tune", "Tu\\ud83d\nne")
    (item,) = read_export(io.BytesIO(f"[{row}]".encode()))
    assert item == Listen(1_700_000_002, Track(("Band",), "Tu\nne"))


def test_other_answers_are_no_listening_history() -> None:
    with pytest.raises(DataFault, match="is no export we know"):
        sniff(io.BytesIO(b'{"error": 6, "message": "User not found"}'))


LOVED: dict[str, object] = {
    "artist": {"url": "x", "name": "Band", "mbid": ""},
    "date": {"uts": "1700000002", "#text": "14 Nov 2023, 22:13"},
    "mbid": "",
    "url": "x",
    "name": "Tune",
    "image": [],
    "streamable": {"fulltrack": "0", "#text": "0"},
}
TOP: dict[str, object] = {
    "name": "Tune",
    "artist": {"name": "Band", "mbid": ""},
    "playcount": "3",
    "@attr": {"rank": "1"},
}
OF_A_WEEK: dict[str, object] = {**TOP, "artist": {"#text": "Band", "mbid": ""}}


@pytest.mark.parametrize("attr", [{}, {"@attr": ABOUT}])
@pytest.mark.parametrize(
    ("key", "row", "what"),
    [
        ("lovedtracks", LOVED, "loved tracks"),
        ("toptracks", TOP, "most played tracks"),
        ("weeklytrackchart", OF_A_WEEK, "most played tracks"),
    ],
)
def test_lists_of_tracks_that_are_no_plays_are_refused_whatever_is_around_them(
    key: str, row: dict[str, object], what: str, attr: dict[str, object]
) -> None:
    page = {"track": [row, row], **attr}
    for document in ([page], page, [row, row], [[row], [row]], {key: page}, [{key: page}, {key: page}]):
        with pytest.raises(DataFault, match=f"is Last.fm's list of {what}, not of plays") as fault:
            sniff(io.BytesIO(json.dumps(document).encode()))
        assert "recent tracks" in fault.value.hint


@pytest.mark.parametrize("row", [LOVED, TOP, OF_A_WEEK])
def test_a_mixture_is_decided_row_by_row(row: dict[str, object]) -> None:
    for rows in ([row, PLAY, row], [PLAY, row, PLAY, row], [PLAY, PLAY, PLAY, row, PLAY, row]):
        items = read([{"track": rows, "@attr": ABOUT}])
        assert [item.reason if isinstance(item, Skipped) else item for item in items] == [
            "not_a_play" if one is row else LISTEN for one in rows
        ]


def test_an_extended_answer_names_artists_as_loved_tracks_do() -> None:
    row = {**PLAY, "artist": {"name": "Band", "url": "x", "mbid": ""}, "loved": "1"}
    assert read({"recenttracks": {"track": [row, row], "@attr": ABOUT}}) == [LISTEN, LISTEN]


def test_rows_of_lastfmstats() -> None:
    row = {"track": "Tune", "artist": "Band", "album": "", "albumId": "", "date": 1_700_000_002_000}
    for document in ({"username": "me", "scrobbles": [row, row]}, [row, row]):
        assert read(document) == [LISTEN, LISTEN]
    (item,) = read({"username": "me", "scrobbles": [{**row, "album": "LP", "date": "1700000002000"}]})
    assert item == Listen(1_700_000_002, Track(("Band",), "Tune", "LP"))


def test_nesting_without_end_is_a_fault() -> None:
    content = json.dumps({"recenttracks": {"track": [PLAY]}})[:-1] + ',"x":' + '{"recenttracks":' * 9_000
    with pytest.raises(DataFault):
        list(read_export(io.BytesIO(content.encode()), "lastfm"))

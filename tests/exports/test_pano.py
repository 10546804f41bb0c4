import io
import json

import pytest

from producers.exports import read_export
from schemas.listen import Listen, Skipped, Track

PLAY: dict[str, object] = {
    "timeHuman": "Nov 14, 2023, 10:13 PM",
    "timeMs": 1_700_000_002_500,
    "artist": "Band",
    "track": "Tune",
    "album": "LP",
    "albumArtist": "Various",
    "durationMs": 200_000,
    "mediaPlayerPackage": "org.example",
    "mediaPlayerName": "Player",
    "mediaPlayerVersion": "1.0",
    "event": "scrobble",
}


def read_row(**changed: object) -> Listen | Skipped:
    return read_whole_row({**PLAY, **changed})


def read_whole_row(row: dict[str, object]) -> Listen | Skipped:
    first, item = read_export(io.BytesIO(f"{json.dumps(PLAY)}\n{json.dumps(row)}\n".encode()))
    assert isinstance(first, Listen)
    return item


def test_the_sample_of_the_format() -> None:
    assert read_row() == Listen(1_700_000_002, Track(("Band",), "Tune", "LP", "Various", 200_000))


@pytest.mark.parametrize("event", ["love", "unlove", "submit", ""])
def test_only_scrobbles_are_plays(event: str) -> None:
    item = read_row(event=event)
    assert isinstance(item, Skipped)
    assert (item.reason, item.row) == ("not_a_play", 2)


def test_an_event_without_a_name_is_a_scrobble() -> None:
    assert isinstance(read_whole_row({key: value for key, value in PLAY.items() if key != "event"}), Listen)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"album": None}, Track(("Band",), "Tune", duration_ms=200_000)),
        ({"album": "", "albumArtist": ""}, Track(("Band",), "Tune", duration_ms=200_000)),
        ({"albumArtist": None}, Track(("Band",), "Tune", "LP", duration_ms=200_000)),
        (
            {"artist": "Band feat. Guest", "albumArtist": "Band"},
            Track(("Band", "Guest"), "Tune", "LP", "Band", 200_000),
        ),
        ({"durationMs": -1}, Track(("Band",), "Tune", "LP", "Various")),
        ({"durationMs": [], "albumArtist": None}, Track(("Band",), "Tune", "LP")),
        ({"artist": 311, "track": 1979}, Track(("311",), "1979", "LP", "Various", 200_000)),
    ],
)
def test_what_may_be_missing(changed: dict[str, object], expected: Track) -> None:
    item = read_row(**changed)
    assert isinstance(item, Listen), item
    assert item.track == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"timeMs": None}, "bad_time"),
        ({"timeMs": 0}, "too_early"),
        ({"timeMs": "1700000002500x"}, "bad_time"),
        ({"artist": None}, "missing_artist"),
        ({"track": " "}, "missing_title"),
        ({"track": ["T"]}, "malformed_row"),
        ({"event": ["love"]}, "malformed_row"),
        ({"event": 17}, "malformed_row"),
    ],
)
def test_rows_that_are_refused(changed: dict[str, object], expected: str) -> None:
    item = read_row(**changed)
    assert isinstance(item, Skipped)
    assert item.reason == expected

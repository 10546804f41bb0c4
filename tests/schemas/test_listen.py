import json
from pathlib import Path

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.listen import EARLIEST, MAX_MS, VERSION, ListenMessage, Track, json_schema

SCHEMA = Path("schemas/listen.schema.json")
# Writes the file anew; raise VERSION if an old consumer could not read what the new schema allows.
REGENERATE = "python -c 'import json, schemas.listen as l; print(json.dumps(l.json_schema(), indent=2))' > " + str(
    SCHEMA
)

name = st.text(min_size=1, max_size=20)
maybe_name = st.one_of(st.none(), name)
artists = st.lists(name, min_size=1, max_size=4).map(tuple)
length = st.one_of(st.none(), st.integers(1, MAX_MS))
time = st.integers(EARLIEST, 253_402_300_799)
tracks = st.builds(Track, artists, name, maybe_name, maybe_name, length)
messages = st.builds(ListenMessage[Track], st.just(VERSION), st.integers(1, 2**31 - 1), time, tracks, length)


def test_the_schema_for_other_languages_is_that_of_the_type() -> None:
    committed = json.loads((Path(__file__).parents[2] / SCHEMA).read_text("utf-8"))
    assert committed == json.loads(json.dumps(json_schema())), REGENERATE


@given(messages)
def test_a_message_survives_the_wire(message: ListenMessage[Track]) -> None:
    for encoded in (msgspec.json.encode(message), orjson.dumps(msgspec.to_builtins(message))):
        assert msgspec.json.decode(encoded, type=ListenMessage[Track]) == message


@given(messages)
def test_a_track_can_stay_unparsed(message: ListenMessage[Track]) -> None:
    encoded = msgspec.json.encode(message)
    raw = msgspec.json.decode(encoded, type=ListenMessage[msgspec.Raw])
    assert msgspec.json.decode(raw.track, type=Track) == message.track
    assert msgspec.json.encode(raw) == encoded


def test_what_is_absent_is_not_written() -> None:
    message = ListenMessage(1, 7, 1_700_000_000, Track(("A",), "T"), 180_000)
    expected = '{"v":1,"source_id":7,"listened_at":1700000000,"track":{"artists":["A"],"title":"T"},"played_ms":180000}'
    assert msgspec.json.encode(message).decode() == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("v", "1"),
        ("source_id", 0),
        ("listened_at", EARLIEST - 1),
        ("listened_at", 1_700_000_000.5),
        ("played_ms", 0),
        ("track", {"artists": [], "title": "T"}),
        ("track", {"artists": [""], "title": "T"}),
        ("track", {"artists": ["A"], "title": ""}),
        ("track", {"artists": ["A"], "title": "T" * 1_001}),
        ("track", {"artists": ["A"] * 101, "title": "T"}),
        ("track", {"artists": ["A"], "title": "T", "duration_ms": MAX_MS + 1}),
        ("track", {"artists": ["A"], "title": "T", "album": ""}),
    ],
)
def test_a_message_out_of_bounds_is_refused(field: str, value: object) -> None:
    message = {"v": 1, "source_id": 1, "listened_at": 1_700_000_000, "track": {"artists": ["A"], "title": "T"}}
    assert msgspec.json.decode(msgspec.json.encode(message), type=ListenMessage[Track])
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode({**message, field: value}), type=ListenMessage[Track])


def test_equal_spellings_are_equal_and_hash_alike() -> None:
    assert len({Track(("A",), "T", "L"), Track(("A",), "T", "L"), Track(("a",), "T", "L")}) == 2

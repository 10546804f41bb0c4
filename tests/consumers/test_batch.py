"""What pack makes of any bytes: a row or a dead letter, never an exception, and counts that add up."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.listens.batch import NOBODY, Batch, condemned, pack
from consumers.listens.deadletter import DETAIL_CHARACTERS
from consumers.listens.entities import Known, Unseen
from consumers.listens.runs import Partition, Run, halves
from schemas.identity import normalise
from schemas.listen import EARLIEST, MAX_MS, VERSION, Listen, ListenMessage, Track
from tests.consumers.logs import NOW, PARTITION, Kept, run_of, value

SOURCE, USER = 7, 3
USERS = {SOURCE: USER, 8: NOBODY}
LATEST = NOW + 3_600
GOOD = Listen(NOW, Track(("Somebody",), "Song"))


def packed(*values: bytes | None) -> Batch:
    return pack([run_of(values)], Known(), USERS, LATEST)


def message(**changes: object) -> bytes:
    content = {"v": 1, "source_id": SOURCE, "listened_at": NOW, "track": {"artists": ["A"], "title": "T"}}
    return json.dumps(content | changes).encode()


def track(**changes: object) -> bytes:
    return message(track={"artists": ["A"], "title": "T"} | changes)


def test_a_listen_becomes_a_row() -> None:
    batch = packed(message())
    assert (len(batch.listens), batch.dead, batch.strangers) == (1, [], set())
    (count,) = batch.counts
    assert (count.source_id, count.read, count.dead) == (SOURCE, 1, 0)


@pytest.mark.parametrize(
    ("content", "reason"),
    {
        None: "empty",
        b"": "empty",
        b" ": "malformed",
        b"\xff\xfe": "malformed",
        b"null": "malformed",
        b"[]": "malformed",
        message()[:-1]: "malformed",
        message() + b"x": "malformed",
        b"[" * 200_000: "malformed",
        b'{"v":1,"source_id":7,"listened_at":1600000000,"track":' + b"[" * 200_000: "malformed",
        b'{"v":' + b"9" * 10_000 + b"}": "malformed",
        message(v="1"): "malformed",
        message(source_id=0): "malformed",
        message(source_id=-1): "malformed",
        message(source_id=2**31): "malformed",
        message(source_id="7"): "malformed",
        message(listened_at=EARLIEST - 1): "malformed",
        message(listened_at=None): "malformed",
        message(listened_at=1.6e9 + 0.5): "malformed",
        message(listened_at=10**30): "malformed",
        message(played_ms=0): "malformed",
        message(played_ms=MAX_MS + 1): "malformed",
        message(track=None): "malformed",
        message(track=[]): "malformed",
        track(artists=[]): "malformed",
        track(artists="A"): "malformed",
        track(artists=["A", None]): "malformed",
        track(artists=["A"] * 101): "malformed",
        track(artists=["A", " \t"]): "malformed",
        track(artists=["\u200b\ufe0f"]): "malformed",
        track(title=""): "malformed",
        track(title="\0"): "malformed",
        track(title="x" * 1_001): "malformed",
        track(title="a\0b"): "malformed",
        track(album="a\0b"): "malformed",
        track(album="A", album_artist="\0b"): "malformed",
        track(duration_ms=-5): "malformed",
        b'{"v":1,"source_id":7,"listened_at":1600000000,"track":{"artists":["\\ud800"],"title":"T"}}': "malformed",
        message(v=2): "unsupported_version",
        message(v=2, source_id="a new kind of id", track="of a new kind"): "malformed",
        message(v=2, track="of a new kind"): "unsupported_version",
        message(v=0): "unsupported_version",
        message(listened_at=LATEST + 1): "too_late",
        message(source_id=8): "unknown_source",
    }.items(),
)
def test_what_is_no_listen_is_a_dead_letter_with_all_its_bytes_and_its_neighbours_are_stored(
    content: bytes | None, reason: str
) -> None:
    before, after = value(GOOD, SOURCE), value(Listen(NOW + 1, GOOD.track), SOURCE)
    batch = packed(before, content, after)
    (letter,) = batch.dead
    assert (letter.message.value(), letter.message.offset(), letter.reason) == (content, 1, reason)
    assert (letter.partition, letter.stage) == (PARTITION, "decode")
    assert len(letter.detail) <= DETAIL_CHARACTERS
    assert len(batch.listens) == 2
    assert sum(count.read for count in batch.counts) == 3
    assert sum(count.dead for count in batch.counts) == 1


def test_the_last_second_that_is_no_broken_clock_is_a_play() -> None:
    assert len(packed(message(listened_at=LATEST)).listens) == 1


def test_a_source_nobody_has_asked_for_is_a_stranger_and_no_dead_letter() -> None:
    batch = packed(message(source_id=55), b'{"v":1,"source_id":66}')
    assert batch.strangers == {55, 66}
    assert [letter.message.offset() for letter in batch.dead] == [1]


@pytest.mark.parametrize("source", [-1, 0, 2**31, 2**63, 2**64 - 1])
def test_a_source_that_no_database_can_hold_is_never_asked_for(source: int) -> None:
    batch = packed(message(source_id=source))
    assert batch.strangers == set()
    assert [letter.source_id for letter in batch.dead] == [0]


def test_a_dead_letter_counts_for_the_source_it_names_if_that_exists() -> None:
    batch = packed(message(played_ms=0), message(v=3), b"?", message(source_id=8))
    assert [letter.source_id for letter in batch.dead] == [SOURCE, SOURCE, 0, 0]
    assert {count.source_id: count.dead for count in batch.counts} == {SOURCE: 2, 0: 2}


def test_a_spelling_is_met_once_and_then_known() -> None:
    known = Known()
    values = [value(Listen(NOW + at, GOOD.track), SOURCE) for at in range(3)]
    first = pack([run_of(values)], known, USERS, LATEST)
    assert len(first.unseen.spellings) == 1
    known.add(first.unseen)
    second = pack([run_of(values)], known, USERS, LATEST)
    assert (len(second.unseen.spellings), second.listens) == (0, first.listens)


def test_a_message_the_database_refuses_is_passed_and_kept_whole() -> None:
    run = Run(PARTITION, 41, [Kept(41, message(), b"key", [("h", None)])])
    batch = condemned(run, "x" * 10_000)
    (letter,) = batch.dead
    assert (letter.message, letter.stage, letter.reason, letter.source_id) == (
        run.messages[0],
        "store",
        "unstorable",
        7,
    )
    assert letter.detail == "x" * DETAIL_CHARACTERS
    assert (batch.listens, [(count.read, count.dead) for count in batch.counts]) == ([], [(1, 1)])


names = st.text(max_size=6) | st.sampled_from(["A", "a", " ", "\0", "!!!", "\u200b"])
tracks = st.fixed_dictionaries(
    {"artists": st.lists(names, max_size=3), "title": names},
    optional={"album": st.none() | names, "album_artist": names, "duration_ms": st.integers(-1, 2**31)},
)
messages = st.fixed_dictionaries(
    {
        "v": st.sampled_from([1, 1, 1, 0, 2]),
        "source_id": st.sampled_from([7, 7, 7, 8, 0, 2**40]),
        "listened_at": st.integers(EARLIEST - 1, LATEST + 1) | st.just(NOW),
        "track": tracks,
    },
    optional={"played_ms": st.integers(-1, 2**31), "new": st.integers()},
).map(lambda content: json.dumps(content).encode())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
).map(lambda content: json.dumps(content).encode())


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    whole = draw(messages)
    at = draw(st.integers(0, len(whole)))
    return whole[:at] + draw(st.binary(max_size=2)) + whole[at + draw(st.integers(0, 2)) :]


anything = st.none() | st.binary(max_size=20) | json_values | messages | messages | damaged()


def is_listen(content: bytes | None) -> bool:
    """The same question, answered without any short cut."""
    try:
        found = msgspec.json.decode(content or b"", type=ListenMessage[Track])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    names = [*found.track.artists, found.track.title]
    every = [*names, found.track.album or "", found.track.album_artist or ""]
    right = found.v == VERSION and found.source_id == SOURCE and found.listened_at <= LATEST
    return right and all(map(normalise, names)) and not any("\0" in name for name in every)


@given(st.lists(anything, max_size=12))
def test_any_bytes_become_rows_or_dead_letters_and_the_counts_add_up(contents: list[bytes | None]) -> None:
    batch = packed(*contents)
    assert batch.strangers == set()
    assert sum(count.read for count in batch.counts) == len(contents)
    assert sum(count.dead for count in batch.counts) == len(batch.dead)
    assert len(batch.listens) + len(batch.dead) == len(contents)
    dead = {letter.message.offset() for letter in batch.dead}
    assert dead == {at for at, content in enumerate(contents) if not is_listen(content)}
    assert len(dict(batch.unseen.copies())) <= 4


@given(st.lists(st.integers(0, 7), min_size=1, max_size=6).filter(any), st.integers(0, 10**6))
def test_halves_hold_the_same_messages_in_the_same_order(sizes: list[int], first: int) -> None:
    runs = [
        Run(Partition(PARTITION.topic_id, "t", number), first, [Kept(first + at, None) for at in range(size)])
        for number, size in enumerate(sizes)
    ]
    left, right = halves(runs)
    assert sum(len(run.messages) for run in left) == sum(sizes) // 2
    again: dict[Partition, list[int]] = {}
    for run in (*left, *right):
        offsets = [message.offset() for message in run.messages]
        assert offsets == list(range(run.first, run.next_offset))
        again.setdefault(run.partition, []).extend(offsets)
    assert {place: found for place, found in again.items() if found} == {
        run.partition: list(range(first, run.next_offset)) for run in runs if run.messages
    }


def test_halving_ends_at_single_messages() -> None:
    waiting = [[run_of([b""] * 5), run_of([b""] * 4, partition=Partition(PARTITION.topic_id, "t", 1))]]
    singles = 0
    while waiting:
        runs = waiting.pop()
        if sum(len(run.messages) for run in runs) == 1:
            singles += 1
        else:
            waiting += halves(runs)
    assert singles == 9


def test_of_two_spellings_in_one_batch_one_row_is_staged() -> None:
    unseen = Unseen(Known())
    made = {
        unseen.meet(msgspec.json.encode(Track((name,), name, name, duration_ms=length)), 1)
        for name, length in (("ABBA", None), ("Abba", 5), ("abba", 3))
    }
    assert len(made) == 1
    assert {table: data.count(b"Abba") for table, data in unseen.copies()} == {
        "staged_artist": 1,
        "staged_album": 1,
        "staged_track": 1,
    }

"""Rows are found in any sequence of JSON, from its beginning and from any place in it."""

import io
import json
from itertools import islice

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.exports.json_rows import json_rows
from producers.exports.opened import Opened, Place, Position, Rules
from producers.exports.outline import in_rows, outline
from producers.exports.streams import named_stream
from schemas.errors import DataFault

# The reader takes so many bytes at a time.
CHUNK = 65_536
BOM = "\ufeff"
DOCUMENT = (
    '{"before": [1, {"x": [[]]}], "ro\\u0077s": [ {"\\"k": "a\\\\\\u00e9\\ud83d\\ude00é😀"} ,'
    '\n\t-12.5e+3,true,false,null, NaN,-Infinity, "]", [[7]] ,{}], "after": {"rows": [9]}} \n'
)
ROWS = [{'"k': "a\\é😀é😀"}, -12.5e3, True, False, None, None, None, "]", 7, {}]


class OnlyA(msgspec.Struct):
    a: str


class Numbered(msgspec.Struct):
    a: int
    n: str
    x: list[dict[str, int]]


def opened(content: bytes, start: Position | None = None) -> Opened:
    stream = named_stream(io.BytesIO(content), "x")
    return Opened(stream, "x", "x", None, Rules(0), Place(start or Position()))


def rows(content: bytes) -> list[object]:
    return [row for _, row in json_rows(opened(content), "rows", "list", row=OnlyA)]


def test_a_document_may_come_in_two_pieces() -> None:
    content = DOCUMENT.encode()
    for first in range(1, len(content)):
        assert rows(b" " * (CHUNK - first) + content) == ROWS


def test_a_document_cut_anywhere_breaks_off_and_is_not_called_wrong() -> None:
    content = DOCUMENT.strip().replace("-12.5e+3", '{"n": -12.5e+3}').encode()
    for cut in range(1, len(content)):
        message = ""
        try:
            rows(content[:cut])
        except DataFault as fault:
            message = fault.message
        assert "breaks off" in message, content[:cut]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"a": [1], "rows": [2], "list": [3], "rows": [4]}', [2, 3, 4]),
        ('{"a": {"rows": [1]}, "rows": [2]}', [2]),
        ('{"rows": {"n": 1, "list": [{"a": 2}]}}', [{"a": 2}]),
        ('{"rows": {"a": 2}}', [{"a": 2}]),
        ('{"rows": {"list": {"a": 2}}}', [{"a": 2}]),
        ('{"rows": null, "a": 1}', [{"rows": None, "a": 1}]),
        ('{"rows": []}', []),
        ("[1, 2]", [1, 2]),
        ("[[1, 2], [], [[3]]]", [1, 2, 3]),
        ("[1][2]\n[3]\n\n,[4]", [1, 2, 3, 4]),
        ('{"a":1}{"a":2} {"a":3}\n{"a":4},\r\n{"a":5},', [{"a": n} for n in (1, 2, 3, 4, 5)]),
        ('{"a":1}\n{"rows":[{"a":2}]}\n{"a":3}', [{"a": n} for n in (1, 2, 3)]),
        ('{"x":1,"rows":[{"a":2}]}{"x":1,"a":3}{"x":1,"rows":[]}', [{"a": 2}, {"x": 1, "a": 3}]),
        (f"{BOM}[1]{BOM}\n{BOM}[{BOM}2,{BOM}3]{BOM}", [1, 2, 3]),
        ("", []),
    ],
)
def test_what_is_around_and_between_rows(content: str, expected: list[object]) -> None:
    assert rows(content.encode()) == expected


def test_an_outline_shows_what_was_seen_before_the_text_ends() -> None:
    seen = outline(b'{"a": 1, "list": [{"x": {"y": 1}}, {"z')
    assert seen == {"a", "list", "list.item", "list.item.x", "list.item.x.y"}
    assert in_rows(seen, "list") == {"a", "", "x", "x.y"}
    assert outline(b'{"a": 1}\n{"b": [') == outline('{"a": 1},\ufeff{"b": ['.encode()) == {"a", "b"}
    assert outline(b"nonsense") == frozenset()
    assert len(outline(b"[" * 16_000)) < 20


@pytest.mark.parametrize("before", [0, 1, 2, 50, 5_000])
def test_a_row_that_is_no_text_costs_only_itself_wherever_it_lies(before: int) -> None:
    good, bad = '{"a":"Ü","unread":"ß"}'.encode(), b'{"a":"x","unread":"\xff"}'
    content = '["Ü",'.encode() + b",".join([*[good] * before, bad, good]) + b"]"
    found = [row.a if isinstance(row, OnlyA) else row for _, row in json_rows(opened(content), row=OnlyA)][1:]
    assert found.pop(before) == bad
    assert [row["a"] if isinstance(row, dict) else row for row in found] == ["Ü"] * (before + 1)


BROKEN = ['{"a" 1}', '{"a": tru}', '{"a": "x}', '{"a": [1}', '{"a": {"b": 1}', "{'a': 1}", '{"a": 1', "oops", "\0\0"]


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize(
    ("before", "between", "after"),
    [("", "\n", "\n"), ("[\n  ", ",\n  ", "\n]\n"), ('{"rows": [\n', ",\n", "\n]}"), ("", ",\n", ""), ("[", ",", "]")],
)
def test_a_broken_row_costs_one_row_where_the_next_can_be_seen(
    broken: str, before: str, between: str, after: str
) -> None:
    if between == "," and broken in {"oops", "\0\0"}:
        between = " ,"
    good = [f'{{"a": {n}, "b": {{"c": [{n}]}}}}' for n in range(5)]
    found = rows((before + between.join([*good[:3], broken, *good[3:]]) + after).encode())
    assert isinstance(found.pop(3), bytes)
    assert found == [json.loads(row) for row in good]


def test_a_broken_row_over_several_lines_costs_one_row() -> None:
    written = [json.dumps({"a": n, "b": {"c": [{"a": n}]}}, indent=2) for n in range(5)]
    written[2] = written[2].replace('"c"', "c")
    found = rows("\n".join(written).encode())
    assert [row["a"] if isinstance(row, dict) else type(row) for row in found] == [0, 1, bytes, 3, 4]


def test_a_broken_row_before_the_end_of_its_array_is_a_fault_and_its_place_is_kept() -> None:
    content = b'[{"a":1},{"a":2},{"a":x}]'
    source = opened(content)
    reading = json_rows(source, row=OnlyA)
    assert list(islice(reading, 2)) == [(1, {"a": 1}), (2, {"a": 2})]
    with pytest.raises(DataFault, match="is not JSON after row 2"):
        next(reading)
    before, byte, *_ = source.place.tell()
    assert content[byte:] == b'{"a":x}]'
    assert before == 2


@pytest.mark.parametrize("junk", ["\0" * 100, "<html>", "]", "}"])
def test_junk_behind_the_end_costs_one_row(junk: str) -> None:
    assert rows(f'[{{"a":1}}]{junk}'.encode()) == [{"a": 1}, junk.encode()]


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 100_000,
        '{"rows":' * 100_000,
        '{"a":' * 100_000,
        '{"rows":[' * 100_000,
        "{" * 100_000,
        "\n{" * 20_000,
        "9" * 5_000_000,
        '"' + "x" * 5_000_000,
        '[{"a":"' + "x" * 5_000_000,
        '{"' + "x" * 5_000_000,
        "\ufeff" * 1_000_000 + ",",
    ],
    ids=range(11),
)
def test_hostile_text_ends_as_rows_or_a_fault(hostile: str) -> None:
    try:
        rows(b'[{"a":1}]' + hostile.encode())
    except DataFault as fault:
        assert fault.message  # noqa: PT017 # either is fine


@st.composite
def sequences(draw: st.DrawFn) -> tuple[str, list[object]]:
    """The same rows as one array would hold, split into documents of every shape."""
    count = draw(st.integers(1, 40))
    name = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    expected: list[object] = [{"a": n, "n": draw(name), "x": [{"a": 0}]} for n in range(count)]
    text, at = "", 0
    while at < count:
        size = draw(st.integers(1, count - at))
        some, at = expected[at : at + size], at + size
        indent = draw(st.sampled_from([None, 1, 2]))
        shape = draw(st.integers(0, 5))
        if shape == 0:
            text += draw(st.sampled_from(["", "\n", ",\n"])).join(json.dumps(row, indent=indent) for row in some)
        else:
            around: object = [
                some,
                [some],
                {"rows": some},
                {"k": [1], "rows": {"z": 1, "list": some}},
                [{"list": some}],
            ][shape - 1]
            text += json.dumps(around, indent=indent, ensure_ascii=draw(st.booleans()))
        text += draw(st.sampled_from(["", "\n", "\r\n\r\n", ",", ",\n", BOM, "\n" + BOM]))
    return text, expected


@given(case=sequences(), data=st.data())
@settings(deadline=None, max_examples=200)
def test_any_sequence_gives_its_rows_and_the_rest_from_any_place(
    case: tuple[str, list[object]], data: st.DataObject
) -> None:
    text, expected = case
    content = text.encode()
    assert _numbered(opened(content)) == list(enumerate(expected, 1))
    source = opened(content)
    first = _numbered(source, data.draw(st.integers(0, len(expected))))
    row = first[-1][0] if first else 0
    again = _numbered(opened(content, Position(0, row, *source.place.tell())))
    assert first + [found for found in again if found[0] > row] == list(enumerate(expected, 1))


def _numbered(source: Opened, count: int | None = None) -> list[tuple[int, object]]:
    found = islice(json_rows(source, "rows", "list", row=Numbered), count)
    return [(number, msgspec.to_builtins(row)) for number, row in found]

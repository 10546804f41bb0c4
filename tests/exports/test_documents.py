import io
import json

import msgspec
import pytest

from producers.exports.documents import document_rows
from producers.exports.opened import Opened, Place, Position, Rules
from producers.exports.outline import outline
from producers.exports.streams import named_stream
from schemas.errors import DataFault

DOCUMENT = (
    '{"before": [1, {"x": [[]]}], "ro\\u0077s": [ {"\\"k": "a\\\\\\u00e9\\ud83d\\ude00é😀"} ,'
    '\n\t-12.5e+3,true,false,null, NaN,-Infinity, "]", [] ,{}], "after": {"rows": [9]}} \n'
)


# The reader takes so many bytes at a time.
CHUNK = 65_536


class OnlyA(msgspec.Struct):
    a: str


def opened(content: bytes) -> Opened:
    return Opened(named_stream(io.BytesIO(content), "x"), "x", "x", None, Rules(0), Place(Position()))


def rows(content: bytes) -> list[object]:
    return [row for _, row in document_rows(opened(content), "rows", "list")]


def test_a_document_may_come_in_two_pieces() -> None:
    content = DOCUMENT.encode()
    expected = json.loads(DOCUMENT, parse_constant=lambda _: None)["rows"]
    for first in range(1, len(content)):
        assert rows(b" " * (CHUNK - first) + content) == expected


def test_a_document_cut_anywhere_breaks_off_and_is_not_called_wrong() -> None:
    content = DOCUMENT.strip().replace("-12.5e+3", '{"n": -12.5e+3}').encode()
    for cut in range(1, len(content)):
        message = ""
        try:
            rows(content[:cut])
        except DataFault as fault:
            message = fault.message
        assert "breaks off" in message, content[:cut]


def test_only_the_lists_asked_for_are_read() -> None:
    assert rows(b'{"a": [1], "rows": [2], "list": [3], "rows": [4]}') == [2, 3, 4]
    assert rows(b"[1, 2]") == [1, 2]


def test_an_outline_shows_what_was_seen_before_the_text_ends() -> None:
    seen = outline(b'{"a": 1, "list": [{"x": {"y": 1}}, {"z')
    assert seen == {"a", "list", "list.item", "list.item.x", "list.item.x.y"}
    assert outline(b'{"a": 1}\n{"b": [') == {"a", "b"}
    assert outline(b"nonsense") == frozenset()
    assert len(outline(b"[" * 16_000)) < 20


def test_bytes_that_are_no_text_cost_no_row_before_them_and_no_place_to_go_on_at() -> None:
    written = '[{"ß":1},{"a":2}'.encode()
    # The second one breaks a character off where one reading of the stream ends and the next begins.
    split = b" " * (CHUNK - len(written) - 3) + written + b',"\xc3' + b'"]'
    for content, end, state in ((written + b"\xff", written, "JSON"), (split, written + b",", "UTF-8 text")):
        source = opened(content)
        reading = document_rows(source)
        assert [next(reading), next(reading)] == [(1, {"ß": 1}), (2, {"a": 2})]
        with pytest.raises(DataFault, match=f"is not {state} after row 2"):
            next(reading)
        before, byte = source.place.tell()
        assert (before, content[:byte].endswith(end)) == (2, True)


def test_a_row_with_a_byte_that_is_no_text_ends_the_reading_there_wherever_it_lies() -> None:
    good, bad = '{"a":"Ü","unread":"ß"}'.encode(), b'{"a":"x","unread":"\xff"}'
    for before in (0, 1, 2, 50, 5_000):
        reading = document_rows(opened(b"[" + b",".join([*[good] * before, bad, good]) + b"]"), row=OnlyA)
        for number in range(1, before + 1):
            found, row = next(reading)
            assert (found, row.a if isinstance(row, OnlyA) else row["a"]) == (number, "Ü")
        with pytest.raises(DataFault, match="is not UTF-8 text"):
            next(reading)

"""Where an export may come from, and what is said of a file that is none."""

import io
import os
import sys
from pathlib import Path

import pytest

from producers.exports import FORMATS, read_export, sniff
from producers.exports.unknown import appearance
from schemas.errors import DataFault, UsageFault
from schemas.listen import Listen
from tests.exports.kinds import KINDS, START, Kind, listenbrainz_row, listens, maloja_row, moment, zipped

LINES = [f"{listenbrainz_row(one)}\n".encode() for one in listens(3)]
MALOJA = f'{{"scrobbles": [{maloja_row(listens(1)[0])}]}}'.encode()


def times(source: str | Path | io.BytesIO) -> list[int]:
    return [item.listened_at for item in read_export(source) if isinstance(item, Listen)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_standard_input(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    content = io.BytesIO(kind.document([kind.row(one) for one in listens(2)]))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content))
    assert times("-") == [START, moment(1)]
    assert not content.closed


def test_a_pipe_that_gives_a_few_bytes_at_a_time() -> None:
    class Dripping(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 7, 7))

    assert times(Dripping(b"".join(LINES))) == [START, moment(1), moment(2)]


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="the system has no names for open files")
def test_a_pipe_of_the_shell() -> None:
    reader, writer = os.pipe()
    os.write(writer, MALOJA)
    os.close(writer)
    assert times(f"/dev/fd/{reader}") == [START]
    os.close(reader)


class TestFolders:
    def test_an_archive_unpacked(self, tmp_path: Path) -> None:
        (tmp_path / "x/listens/2023").mkdir(parents=True)
        (tmp_path / "x/user.json").write_text('{"user_id": 1, "username": "me"}')
        for month, line in zip((2, 10, 11), LINES, strict=True):
            (tmp_path / f"x/listens/2023/{month}.jsonl").write_bytes(line + b"17\n")
        (tmp_path / "x/listens/up").symlink_to(tmp_path)
        (tmp_path / "x/listens/nowhere").symlink_to(tmp_path / "nowhere")
        os.mkfifo(tmp_path / "x/pipe")
        items = list(read_export(tmp_path))
        assert times(tmp_path) == [START, moment(1), moment(2)]
        assert [getattr(item, "member", "") for item in items][1::2] == [
            f"x/listens/2023/{month}.jsonl" for month in (2, 10, 11)
        ]

    def test_archives_in_a_folder_are_read(self, tmp_path: Path) -> None:
        (tmp_path / "a.zip").write_bytes(zipped({"listens/2023/11.jsonl": LINES[0] + b"17\n"}))
        (tmp_path / "b.jsonl").write_bytes(LINES[1])
        items = list(read_export(tmp_path))
        assert getattr(items[1], "member", None) == "a.zip/listens/2023/11.jsonl"
        assert times(tmp_path) == [START, moment(1)]

    def test_without_exports(self, tmp_path: Path) -> None:
        with pytest.raises(DataFault, match=f"{tmp_path} holds no files"):
            sniff(tmp_path)
        (tmp_path / "a.txt").write_text("a")
        (tmp_path / "b.txt").write_text("b")
        with pytest.raises(DataFault, match=r"no export we know, only a\.txt \(.* text that begins with 'a'\), b\.txt"):
            sniff(tmp_path)

    def test_of_several_formats(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(MALOJA)
        (tmp_path / "b").write_bytes(LINES[0])
        assert sniff(tmp_path) == "listenbrainz+maloja"
        assert len(list(read_export(tmp_path))) == 2
        assert len(list(read_export(tmp_path, "maloja"))) == 1


class TestFaults:
    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(UsageFault, match=r"nowhere\.json does not exist"):
            sniff(tmp_path / "nowhere.json")

    def test_a_name_that_cannot_be(self) -> None:
        with pytest.raises((UsageFault, DataFault)):
            sniff("a\0b")

    def test_a_link_to_itself(self, tmp_path: Path) -> None:
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        with pytest.raises((UsageFault, DataFault), match="loop"):
            sniff(tmp_path / "loop")

    def test_a_file_that_may_not_be_read(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        path.touch(mode=0)
        myself = os.geteuid()
        if myself == 0:  # root may read everything, so somebody else tries
            os.seteuid(65_534)
        try:
            with pytest.raises(DataFault, match="cannot be read"):
                sniff(path)
        finally:
            os.seteuid(myself)

    def test_a_format_that_is_none(self) -> None:
        with pytest.raises(UsageFault, match="winamp is no format") as fault:
            next(read_export(io.BytesIO(MALOJA), "winamp"))
        assert fault.value.hint == "known: " + ", ".join(known.name for known in FORMATS)

    @pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf"])
    def test_an_empty_file(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(DataFault, match="x is empty"):
            sniff(tmp_path / "x")

    def test_an_unknown_one_is_described(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(b'[{"b": 1, "a": {"c": 2}}]')
        with pytest.raises(DataFault) as fault:
            sniff(tmp_path / "x")
        expected = f"{tmp_path}/x is no export we know: it looks like a JSON array of objects with the keys a, b"
        assert fault.value.message == expected
        assert fault.value.hint == "Known formats: " + ", ".join(known.name for known in FORMATS)

    @pytest.mark.parametrize(
        ("rest", "message"),
        [
            (b", ", "breaks off after row 1, at byte"),
            (b', {"time": 1', "breaks off after row 1, at byte"),
            (b', {"time": nope}]}', "is not JSON after row 1, at byte"),
            (b"] oops", "is not JSON after row 1, at byte"),
            (b", {'time': 1}]}", "is not JSON after row 1, at byte"),
            (b',\x01"', "is not JSON after row 1, at byte"),
            (b", " + b"[" * 5_000, "is nested too deep after row 1, at byte"),
            (b", " + b"9" * 5_000 + b"]}", "is nested too deep or holds an endless number after row 1, at byte"),
            (b', "' + b"x" * 3_000_000 + b'"]}', "has a value of more than 1,048,576 bytes after row 1, at byte"),
        ],
    )
    def test_a_document_that_breaks_is_told_after_its_rows(self, rest: bytes, message: str) -> None:
        start = MALOJA.removesuffix(b"]}")
        rows = read_export(io.BytesIO(start + rest))
        assert isinstance(next(rows), Listen)
        with pytest.raises(DataFault) as fault:
            next(rows)
        assert fault.value.message.startswith(f"- {message}")
        assert abs(int(fault.value.message.split()[-1].replace(",", "")) - len(start)) <= 40


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n", "it looks like a PNG image"),
        (b"\x1f\x8b\x08", "it looks like a gzip file within another"),
        (b"SQLite format 3\0", "it looks like an SQLite database"),
        (b"\x7fELF\0\0\0\0\0\0", "it looks like binary data"),
        (b"<!doctype html>", "it looks like a web page or XML"),
        (b"a,b\nA,T\n", "it looks like a table with commas between its columns (CSV), which begins with 'a,b'"),
        (b"A\tB\n", "it looks like a table with tabs between its columns (CSV), which begins with 'A\\tB'"),
        (b"Dear diary", "it looks like text that begins with 'Dear diary'"),
        (b'{"b": 1, "a": 2, "c": "' + b"x" * 20_000, "it looks like a JSON object with the keys a, b, c"),
        (b'{"b": 1, "a": 2, "c', "it breaks off in its first row"),
        (b"[1, 2]", "it looks like a JSON array whose elements are no objects"),
        (b"[]", "it is an empty list"),
        (b"[" * 9_000, "it looks like a JSON array whose elements are no objects"),
        (b'{"' + b'":1,"'.join(b"%02d" % n for n in range(12)) + b'":1}',
         "it looks like a JSON object with the keys 00, 01, 02, 03, 04, 05, 06, 07 and 4 more"),
    ],
)  # fmt: skip
def test_what_a_file_looks_like(head: bytes, expected: str) -> None:
    assert appearance(head).reason == expected

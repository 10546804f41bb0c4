"""What becomes of every file of an export, in whichever container it lies beside others."""

import bz2
import gzip
import io
import json
import lzma
import os
import re
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from producers.exports import Entry, open_export, read_export
from schemas.errors import DataFault
from schemas.listen import Listen, Skipped
from tests.exports.kinds import zipped

PART = "Streaming_History_Audio_2022_0.json"
GOOD = "Streaming_History_Audio_2023_1.json"


def stream(second: int, title: str = "Tide") -> dict[str, Any]:
    return {
        "ts": f"2023-11-14T22:18:{second:02}Z",
        "ms_played": 187_000,
        "master_metadata_track_name": title,
        "master_metadata_album_artist_name": "Fern Lamp",
    }


def listen(second: int, title: str) -> str:
    return json.dumps(
        {"listened_at": 1_700_000_000 + second, "track_metadata": {"artist_name": "A", "track_name": title}}
    )


def part(*titles: str) -> bytes:
    rows = [stream(second, title) for second, title in enumerate(titles)]
    return json.dumps(rows, ensure_ascii=False).encode()


BESIDE = part("One", "Two")
ACCOUNT = b'[{"endTime": "2023-11-14 22:18", "artistName": "A", "trackName": "T", "msPlayed": 187000}]'


def tarred(content: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo(PART)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


Container = Callable[[dict[str, bytes], Path], Any]


def as_folder(files: dict[str, bytes], folder: Path) -> Path:
    for name, content in files.items():
        path = folder / "export" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / "export"


def as_archive(files: dict[str, bytes], folder: Path) -> Path:
    (folder / "export.zip").write_bytes(zipped(files))
    return folder / "export.zip"


def as_archive_in_archive(files: dict[str, bytes], folder: Path) -> Path:
    (folder / "export.zip").write_bytes(zipped({"my_spotify_data.zip": zipped(files)}))
    return folder / "export.zip"


def as_archive_from_a_pipe(files: dict[str, bytes], _: Path) -> io.BytesIO:
    return io.BytesIO(zipped(files))


def as_packed_archives_in_a_folder(files: dict[str, bytes], folder: Path) -> Path:
    return as_folder({f"{number}.zip": zipped({name: files[name]}) for number, name in enumerate(files)}, folder)


every_container = pytest.mark.parametrize(
    "container",
    [as_folder, as_archive, as_archive_in_archive, as_archive_from_a_pipe, as_packed_archives_in_a_folder],
    ids=lambda container: container.__name__,
)


def read(source: Any, format_: str | None = None) -> tuple[list[Listen | Skipped], list[Entry], DataFault | None]:
    items: list[Listen | Skipped] = []
    with open_export(source, format_) as export:
        try:
            items.extend(export.rows)
        except DataFault as fault:
            return items, export.entries, fault
    return items, export.entries, None


def titles(items: list[Listen | Skipped]) -> list[str]:
    return [item.track.title for item in items if isinstance(item, Listen)]


def kinds(entries: list[Entry]) -> dict[str, str | None]:
    return {Path(entry.name).name: entry.kind for entry in entries}


@every_container
@pytest.mark.parametrize(
    ("name", "content", "kind", "is_loud"),
    [
        (PART, b"", "empty", True),
        (PART, b" \r\n", "empty", True),
        (PART, b"\xef\xbb\xbf", "empty", True),
        (PART, bytes(2_000), "empty", True),
        ("anything", b"", "empty", True),
        (PART, b"null", "text", True),
        (PART, b'{"unknown": 1}', "unknown", True),
        ("settings.json", b'{"unknown": 1}', "unknown", True),
        ("without a suffix", b'{"unknown": 1}', "unknown", True),
        (PART, b"<!doctype html><title>Log in</title>", "web_page", True),
        (PART, b'[\n  {\n    "ts": "2022-01-01T00', "damaged", True),
        (PART, b'[{"ts": "2022-01-01T00:00:00Z", "ms_played": 18', "damaged", True),
        (PART, BESIDE.decode().encode("utf-16")[:41], "damaged", True),
        (PART, gzip.compress(BESIDE)[:30], "damaged", True),
        (PART, b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "placeholder", True),
        (PART, bz2.compress(BESIDE), "compressed", True),
        ("history.xz", lzma.compress(BESIDE), "compressed", True),
        ("history.tar", tarred(BESIDE), "compressed", True),
        ("history.tgz", gzip.compress(tarred(BESIDE)), "compressed", True),
        ("history.gz", gzip.compress(gzip.compress(BESIDE)), "compressed", True),
        (PART, b"%PDF-1.7\n", "document", True),
        (PART, b"\x7fELF\2\1\1\0\0", "binary", True),
        (PART + ".bak", b"Dear diary", "text", True),
        (PART + "~", b"Dear diary", "text", True),
        ("Streaming_History_Audio_2021 (1)", b"Dear diary", "text", True),
        ("table.csv", b"a,b\n1,2\n", "text", True),
        ("StreamingHistory_music_0.json", ACCOUNT, "refused", True),
        ("Streaming_History_Video_2018.json", b"[]", "no_rows", False),
        ("ReadMeFirst_ExtendedStreamingHistory.pdf", b"%PDF-1.7\n", "unrelated", False),
        ("cover.jpg", b"\xff\xd8\xff\xe0", "unrelated", False),
        ("notes.txt", b"Dear diary", "unrelated", False),
        ("YourLibrary.json", b'{"tracks": []}', "unrelated", False),
        ("feedback.jsonl", b'{"recording_msid": "x", "score": 1}\n', "unrelated", False),
        (".DS_Store", b"\0\0\0\1Bud1\0", "unrelated", False),
        ("Icon\r", b"", "unrelated", False),
        (".localized", b"", "unrelated", False),
        (".nomedia", b"", "unrelated", False),
        ("config", b"[core]\n\tbare = false\n", "unrelated", False),
        (PART, b"[{'ts': '2022-01-01'}]", "text", True),
        (PART, b'[{"unknown": 1}, oops', "unknown", True),
        ("._" + PART, b"\0\5\x16\7\0\2\0\0Mac OS X\0\0", "unrelated", False),
        ("malojadb.sqlite-wal", b"", "unrelated", False),
    ],
)
def test_a_file_that_is_not_read_is_named_with_its_reason(
    name: str, content: bytes, kind: str, is_loud: bool, container: Container, tmp_path: Path
) -> None:
    items, entries, fault = read(container({GOOD: BESIDE, name: content}, tmp_path))
    assert fault is None
    assert titles(items) == ["One", "Two"]
    assert [(one.kind, one.is_loud, one.read) for one in entries if GOOD not in one.name] == [(kind, is_loud, False)]
    assert all(one.reason or one.read for one in entries)


@pytest.mark.parametrize("container", [as_archive_in_archive, as_archive_from_a_pipe, as_archive])
def test_an_archive_that_is_broken_or_too_deep_is_named(container: Container, tmp_path: Path) -> None:
    deep = zipped({"deep.zip": zipped({"deeper.zip": zipped({PART: BESIDE})})})
    files = {GOOD: BESIDE, "deep.zip": deep, "broken.zip": deep[:60]}
    items, entries, _ = read(container(files, tmp_path))
    assert titles(items) == ["One", "Two"]
    expected = {"compressed"} if container is as_archive_in_archive else {"compressed", "damaged"}
    assert {entry.kind for entry in entries if not entry.read} == expected


@every_container
@pytest.mark.parametrize(
    ("files", "reasons", "hint"),
    [
        ({PART: b"", GOOD: BESIDE[:20]}, [f"{PART} (it is empty)", f"{GOOD} (it breaks off"], "export or download"),
        (
            {PART: bz2.compress(BESIDE), GOOD: bz2.compress(BESIDE), "ReadMe.pdf": b"%PDF-1.7\n"},
            [f"{PART} (it looks like a bzip2 file)", f"{GOOD} (it looks like a bzip2 file)"],
            "Unpack it first.",
        ),
        ({"a.txt": b"a", "b.txt": b"b"}, ["a.txt (it looks like text", "b.txt (it looks like text"], "Known formats"),
    ],
)
def test_where_nothing_can_be_read_what_is_wrong_is_said(
    files: dict[str, bytes], reasons: list[str], hint: str, container: Container, tmp_path: Path
) -> None:
    with pytest.raises(DataFault, match="holds no export we know, only ") as fault:
        list(read_export(container(files, tmp_path)))
    assert all(reason in fault.value.message for reason in reasons)
    assert fault.value.message.count(" (it ") == len(reasons)
    assert fault.value.hint.count(hint) == 1


@every_container
@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("a.json.gz", gzip.compress),
        ("a.json", gzip.compress),
        ("a.json.gz", lambda content: gzip.compress(content[:20]) + gzip.compress(content[20:])),
        ("a.gz", lambda content: gzip.compress(content.decode().encode("utf-16"))),
        *(("a.json", lambda content, codec=codec: content.decode().encode(codec)) for codec in ("utf-16", "utf-32")),
        *(
            ("a.json", lambda content, codec=codec: content.decode().encode(codec))
            for codec in ("utf-16-le", "utf-16-be")
        ),
        *(
            ("a.json", lambda content, codec=codec: content.decode().encode(codec))
            for codec in ("utf-32-le", "utf-32-be")
        ),
        ("a.json", lambda content: b"\xef\xbb\xbf" + content),
        ("a.json", lambda content: content.decode().encode("cp1252")),
        ("a.json.gz", lambda content: gzip.compress(content.decode().encode("cp1252"))),
        ("sub\\a.json", lambda content: content),
    ],
)
def test_what_was_packed_or_saved_otherwise_is_read(
    name: str, saved: Callable[[bytes], bytes], container: Container, tmp_path: Path
) -> None:
    items, entries, fault = read(container({GOOD: BESIDE, name: saved(part("Björk – Jóga", "Two €"))}, tmp_path))
    assert fault is None
    assert sorted(titles(items)) == ["Björk – Jóga", "One", "Two", "Two €"]
    assert all(entry.read for entry in entries)


def test_a_text_taken_as_windows_1252_is_told(tmp_path: Path) -> None:
    source = as_folder({GOOD: part("One"), PART: part("Jóga").decode().encode("cp1252")}, tmp_path)
    _, entries, _ = read(source)
    assert [bool(entry.note) for entry in entries] == [True, False]
    assert "Windows-1252" in entries[0].note


@pytest.mark.parametrize("padding", [0, 200_000])
@pytest.mark.parametrize(
    ("first", "last", "is_1252"),
    [
        (b"T", b"T", True),
        (b"T", b"\x80 \xfc", True),
        (b"T", "é".encode(), False),
        ("é".encode(), b"T", False),
        (b"T", "日本".encode(), False),
        (b"T", b"\x81", False),
        (b"\xe9", b"T", True),
    ],
)
def test_one_character_of_utf_8_anywhere_makes_a_byte_that_is_none_a_broken_row(
    first: bytes, last: bytes, is_1252: bool, padding: int
) -> None:
    def expected(title: bytes) -> str:
        try:
            return title.decode("cp1252" if is_1252 else "utf-8")
        except UnicodeDecodeError:
            return "malformed_row"

    row = b'{"listened_at": 1700000000, "track_metadata": {"artist_name": "A", "track_name": "%b"}}'
    written = (first, b"J\xf3ga", last)
    content = (b"\n" + b" " * padding).join(row % title for title in written)
    found = read_export(io.BytesIO(content))
    assert [one.track.title if isinstance(one, Listen) else one.reason for one in found] == [*map(expected, written)]


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-32-be", "cp1252"])
@pytest.mark.parametrize("packed", [gzip.compress, bytes])
def test_continues_after_any_row_of_a_text_in_any_encoding(
    codec: str, packed: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    names = [f"Jóga {number}" for number in range(40)]
    (tmp_path / "x.json").write_bytes(packed(part(*names).decode().encode(codec)))
    everything = [str(item) for item in read_export(tmp_path / "x.json")]
    assert len(everything) == 40
    for passed in range(41):
        with open_export(tmp_path / "x.json") as export:
            items = [str(item) for _, item in zip(range(passed), export.rows, strict=False)]
            position = export.position()
        with open_export(tmp_path / "x.json", start=position) as export:
            assert items + [str(item) for item in export.rows] == everything


@pytest.mark.parametrize("separator", ["\n", ", "])
def test_a_gzip_file_that_breaks_off_gives_every_complete_row_before_it(separator: str) -> None:
    rows = [json.dumps(stream(number % 60, os.urandom(40).hex())) for number in range(2_000)]
    if separator == "\n":
        rows = [listen(number, os.urandom(40).hex()) for number in range(2_000)]
    content = separator.join(rows) if separator == "\n" else f"[{separator.join(rows)}]"
    packed = gzip.compress(content.encode())[:-10_000]
    there = zlib.decompressobj(31).decompress(packed).decode()
    given: list[Listen | Skipped] = []
    with pytest.raises(DataFault, match=r"breaks off in its compressed data, noticed after row [0-9,]+$"):
        given.extend(read_export(io.BytesIO(packed)))
    assert titles(given) == re.findall(r'track_name": "(\w+)"[^}]*\}', there)


def test_a_gzip_file_with_something_else_behind_it() -> None:
    rows = read_export(io.BytesIO(gzip.compress(BESIDE) + b"junk"))
    assert [next(rows), next(rows)]
    with pytest.raises(
        DataFault, match="is damaged: its checksum is wrong, or not all of it is gzip, noticed after row 2"
    ):
        next(rows)


def test_a_gzip_file_that_fills_memory() -> None:
    packed = gzip.compress(BESIDE[:-1] + b" " * 30_000_000 + b"]")
    with pytest.raises(DataFault, match="holds far more than its size allows"):
        list(read_export(io.BytesIO(packed)))


def test_archives_in_an_archive_share_its_bounds() -> None:
    inner = zipped({PART: BESIDE[:-1] + b" " * 15_000_000 + b"]"})
    _, entries, fault = read(io.BytesIO(zipped({f"{number}.zip": inner for number in range(3)})))
    assert fault
    assert "holds far more than its size allows" in fault.message
    assert [entry.kind for entry in entries].count(None) == 1


def test_a_file_that_breaks_off_does_not_keep_the_others_from_being_read(tmp_path: Path) -> None:
    cut = part("Zero", "Lost")[:-5]
    items, entries, fault = read(as_folder({GOOD: BESIDE, PART: cut}, tmp_path))
    assert titles(items) == ["Zero", "One", "Two"]
    assert fault
    assert PART in fault.message
    assert [(entry.read, entry.kind) for entry in entries] == [(True, "broken_off"), (True, None)]


def test_several_formats_beside_each_other_are_all_read(tmp_path: Path) -> None:
    source = as_archive({GOOD: BESIDE, "listens.jsonl": listen(0, "Three").encode()}, tmp_path)
    with open_export(source) as export:
        assert titles(list(export.rows)) == ["One", "Two", "Three"]
        assert export.format == "listenbrainz+spotify"
        assert [entry.format for entry in export.entries] == ["spotify", "listenbrainz"]
    items, entries, _ = read(source, "listenbrainz")
    assert titles(items) == ["Three"]
    assert [(entry.read, entry.kind) for entry in entries] == [(False, "other_format"), (True, None)]


def test_a_file_is_read_once_the_reading_has_come_to_it(tmp_path: Path) -> None:
    with open_export(as_folder({PART: BESIDE, GOOD: BESIDE}, tmp_path)) as export:
        assert next(export.rows)
        assert [(entry.read, entry.kind) for entry in export.entries] == [(True, None), (False, "not_reached")]
        assert len(list(export.rows)) == 3
        assert [(entry.read, entry.kind) for entry in export.entries] == [(True, None)] * 2


class TestFolders:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return as_folder({GOOD: BESIDE}, tmp_path)

    def test_a_broken_link_a_loop_and_a_pipe(self, folder: Path) -> None:
        (folder / "nowhere.json").symlink_to(folder / "gone")
        (folder / "loop.json").symlink_to(folder / "loop.json")
        (folder / "long.json").symlink_to("x" * 300)
        os.mkfifo(folder / "pipe")
        items, entries, _ = read(folder)
        assert titles(items) == ["One", "Two"]
        assert kinds(entries) == {
            GOOD: None,
            "nowhere.json": "link",
            "loop.json": "link",
            "long.json": "unreadable",
            "pipe": "unreadable",
        }

    def test_links_to_folders_are_named_where_they_lead_out(self, folder: Path, tmp_path: Path) -> None:
        (folder / "up").symlink_to(folder)
        (tmp_path / "elsewhere").mkdir()
        (folder / "out").symlink_to(tmp_path / "elsewhere")
        _, entries, _ = read(folder)
        assert kinds(entries) == {GOOD: None, "out": "link"}

    def test_what_may_not_be_read(self, folder: Path, tmp_path: Path) -> None:
        (folder / "secret.json").touch(mode=0)
        (folder / "closed").mkdir(mode=0)
        for path in (*tmp_path.parents, tmp_path):
            if path.is_relative_to("/tmp/pytest-of-root"):  # noqa: S108 # where pytest puts it
                path.chmod(0o755)
        myself = os.geteuid()
        if myself == 0:  # root may read everything, so somebody else tries
            os.seteuid(65_534)
        try:
            items, entries, _ = read(folder)
        finally:
            os.seteuid(myself)
        assert titles(items) == ["One", "Two"]
        assert kinds(entries) == {GOOD: None, "closed": "unreadable", "secret.json": "unreadable"}

    def test_names_that_are_no_utf_8(self, folder: Path) -> None:
        odd = Path(os.fsdecode(os.fsencode(folder) + b"/d\xfc"))
        odd.mkdir()
        (odd / os.fsdecode(b"x\xff.json")).write_bytes(part("Three"))
        items, entries, _ = read(folder)
        assert titles(items) == ["One", "Two", "Three"]
        assert [entry.name for entry in entries] == [GOOD, r"d\xfc/x\xff.json"]
        (odd / os.fsdecode(b"x\xff.json")).write_bytes(b"")
        with pytest.raises(DataFault, match=r"d\\xfc/x\\xff.json is empty$"):
            list(read_export(odd))


class TestAFormatThatIsNamed:
    @pytest.mark.parametrize(
        ("content", "format_"),
        [
            (b"Dear diary", "listenbrainz"),
            (b'[{"unknown": 1}]', "maloja"),
            (b'{"unknown": 1}', "maloja"),
            (b"{}", "spotify"),
            (BESIDE, "lastfm"),
            (BESIDE, "listenbrainz"),
            (b"a,b\n1,2\n", "rockbox"),
            (b"null", "koito"),
        ],
    )
    def test_of_a_file_that_is_none_is_refused(self, content: bytes, format_: str) -> None:
        with pytest.raises(DataFault, match=f"^- is no {format_} export: it "):
            list(read_export(io.BytesIO(content), format_))

    def test_of_another_format_is_refused_with_the_way_to_read_it(self) -> None:
        with pytest.raises(DataFault) as fault:
            list(read_export(io.BytesIO(BESIDE), "lastfm"))
        assert fault.value.hint == "Import it without --format."

    def test_of_an_empty_list_is_believed(self) -> None:
        assert list(read_export(io.BytesIO(b"[]"), "spotify")) == []

    def test_of_rows_that_do_not_show_it_at_once_is_believed(self) -> None:
        padding = b'{"unknown": "%b"}, ' % (b"x" * 20_000)
        assert len(list(read_export(io.BytesIO(b"[" + padding + BESIDE[1:]), "spotify"))) == 3

    def test_of_a_file_that_breaks_off_after_a_play_is_believed(self) -> None:
        padding = b'{"unknown": "%b"}, ' % (b"x" * 20_000)
        rows = read_export(io.BytesIO(b"[" + padding + BESIDE[1:-5]), "spotify")
        assert [isinstance(row, Listen) for _, row in zip(range(2), rows, strict=False)] == [False, True]
        with pytest.raises(DataFault, match="breaks off after row 2"):
            next(rows)

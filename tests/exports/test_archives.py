"""ZIP archives made to do harm, and ones that people just have."""

import io
import stat
import struct
import zipfile

import pytest

from producers.exports import read_export
from schemas.errors import DataFault
from schemas.listen import Listen, Skipped
from tests.exports.kinds import START, listenbrainz_row, listens, moment, zipped

ROWS = [listenbrainz_row(one).encode() + b"\n" for one in listens(4)]
MONTH = "listens/2023/11.jsonl"
CENTRAL = b"PK\x01\x02"
LOCAL = b"PK\x03\x04"


def read(content: bytes) -> list[Listen | Skipped]:
    return list(read_export(io.BytesIO(content)))


def times(content: bytes) -> list[int]:
    return [item.listened_at for item in read(content) if isinstance(item, Listen)]


def patched(content: bytes, header: bytes, offset: int, layout: str, value: int) -> bytes:
    """The archive with one field of its last such header changed."""
    changed = bytearray(content)
    struct.pack_into(layout, changed, content.rindex(header) + offset, value)
    return bytes(changed)


def zip64(content: bytes) -> bytes:
    """The archive with the end record that tools write where they do not know how large it will be."""
    end = content.rindex(b"PK\x05\x06")
    count, size, start = struct.unpack_from("<HII", content, end + 10)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    see_there = struct.pack("<4s4H2IH", b"PK\x05\x06", *[2**16 - 1] * 4, *[2**32 - 1] * 2, 0)
    return content[:end] + record + locator + see_there


class TestOrdinaryArchives:
    def test_months_come_in_the_order_of_the_calendar(self) -> None:
        names = ["listens/2023/10.jsonl", "listens/2023/9.jsonl", "listens/2024/1.jsonl", "listens/2022/12.jsonl"]
        content = zipped({name: ROWS[order] for name, order in zip(names, (2, 1, 3, 0), strict=True)})
        assert times(content) == [START, moment(1), moment(2), moment(3)]

    def test_numbers_in_names_count_only_behind_equal_text(self) -> None:
        names = ["b1/9.jsonl", "a2/1.jsonl", "a10/1.jsonl", "a1/" + "9" * 5_000]
        content = zipped({name: ROWS[order] for name, order in zip(names, (3, 1, 2, 0), strict=True)})
        assert times(content) == [START, moment(1), moment(2), moment(3)]

    def test_what_else_a_listenbrainz_archive_holds_is_passed_over(self) -> None:
        content = zipped(
            {
                "top folder/": b"",
                "top folder/user.json": b'{"user_id": 1, "username": "me"}\n',
                "top folder/listens/2023/11.jsonl": ROWS[0],
                "top folder/feedback.jsonl": b'{"recording_msid": "x", "score": 1, "created": 1700000000}\n',
                "top folder/pinned_recording.jsonl": b'{"created": 1, "pinned_until": 2, "track_metadata": {}}\n',
                "__MACOSX/top folder/listens/2023/._11.jsonl": b"\0\5\x16\7\0\2\0\0Mac OS X\0\0",
                "notes.txt": b"hello",
                "empty.jsonl": b"",
            }
        )
        assert times(content) == [START]

    def test_a_bad_row_is_found_by_its_member_and_line(self) -> None:
        content = zipped({"listens/2023/1.jsonl": ROWS[0], "listens/2023/2.jsonl": ROWS[1] + b"{}\n"})
        bad = read(content)[2]
        assert isinstance(bad, Skipped)
        assert (bad.reason, bad.row, bad.member) == ("malformed_row", 2, "listens/2023/2.jsonl")

    def test_members_of_the_same_name_are_all_read(self) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(MONTH, ROWS[0])
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr(MONTH, ROWS[1])
        assert times(file.getvalue()) == [START, moment(1)]

    def test_a_link_is_not_followed(self) -> None:
        link = zipfile.ZipInfo("listens/2023/12.jsonl")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(MONTH, ROWS[0])
            archive.writestr(link, ROWS[1])
        assert times(file.getvalue()) == [START]


class TestHostileArchives:
    @pytest.mark.parametrize(
        "name", ["../1.jsonl", "a/../../1", "/etc/1.jsonl", "C:/1.jsonl", "..\\1.jsonl", "\\1", "a\0b"]
    )
    def test_a_member_that_climbs_out(self, name: str) -> None:
        placeholder = "x" * len(name)
        content = zipped({MONTH: ROWS[0], placeholder: ROWS[1]}).replace(placeholder.encode(), name.encode())
        with pytest.raises(DataFault, match=r"points outside of the archive; nothing of it was read"):
            read(content)

    def test_encryption(self) -> None:
        content = patched(zipped({MONTH: ROWS[0]}), CENTRAL, 8, "<H", 1)
        with pytest.raises(DataFault, match=r"^-: listens/2023/11\.jsonl is encrypted"):
            read(content)

    def test_compression_that_no_export_uses(self) -> None:
        with pytest.raises(DataFault, match="is compressed with LZMA, which is not read here"):
            read(zipped({MONTH: ROWS[0]}, zipfile.ZIP_LZMA))

    def test_too_many_members(self) -> None:
        content = zipped({f"{number}": b"" for number in range(10_001)}, zipfile.ZIP_STORED)
        with pytest.raises(DataFault, match=r"10,001 members"):
            read(content)

    def test_a_table_of_contents_that_fills_memory(self) -> None:
        content = patched(zipped({MONTH: ROWS[0]}), b"PK\x05\x06", 12, "<I", 2**27)
        with pytest.raises(DataFault, match="far more members than an export has"):
            read(content)

    def test_a_table_of_contents_of_zip64_that_fills_memory(self) -> None:
        content = patched(zip64(zipped({MONTH: ROWS[0]})), b"PK\x06\x06", 40, "<Q", 2**40)
        with pytest.raises(DataFault, match="far more members than an export has"):
            read(content)

    def test_an_archive_without_its_end(self) -> None:
        content = zipped({MONTH: ROWS[0]})
        for length in (40, len(content) - 22):
            with pytest.raises(DataFault, match=r"^- is a ZIP archive that breaks off before the table of contents"):
                read(content[:length])

    def test_a_table_of_contents_that_is_none(self) -> None:
        with pytest.raises(DataFault, match=r"^- is a damaged ZIP archive: its table of contents cannot be read$"):
            read(zipped({MONTH: ROWS[0]}).replace(CENTRAL, b"KP\1\2"))

    def test_a_bomb_in_one_member(self) -> None:
        content = zipped({MONTH: ROWS[0] + b"\n" * 40_000_000})
        assert len(content) < 50_000
        rows = read_export(io.BytesIO(content))
        assert isinstance(next(rows), Listen)
        with pytest.raises(DataFault, match="holds far more than its size allows"):
            next(rows)

    def test_a_bomb_in_many_members(self) -> None:
        content = zipped({f"{n}.jsonl": ROWS[0] + b"\n" * 10_000_000 for n in range(4)})
        with pytest.raises(DataFault, match=r"^- holds far more than its size allows"):
            read(content)

    def test_a_line_that_fills_memory(self) -> None:
        filler = bytes(range(32, 127)) * 30_000
        content = zipped({MONTH: ROWS[0] + filler.replace(b"\n", b"") + b"\n" + ROWS[1]}, zipfile.ZIP_STORED)
        assert [type(item) for item in read(content)] == [Listen, Skipped, Listen]

    def test_members_on_the_same_bytes(self) -> None:
        content = zipped({"1.jsonl": ROWS[0], "2.jsonl": ROWS[1]})
        with pytest.raises(DataFault, match="overlaps what follows it"):
            read(patched(content, CENTRAL, 42, "<I", 0))

    def test_a_size_that_lies(self) -> None:
        content = zipped({MONTH: b"".join(ROWS)})
        rows = read_export(io.BytesIO(patched(content, CENTRAL, 24, "<I", len(ROWS[0]))))
        with pytest.raises(DataFault, match=f"^-: {MONTH} is damaged: its checksum is wrong"):
            list(rows)

    def test_a_compressed_size_that_lies(self) -> None:
        with pytest.raises(DataFault, match="overlaps"):
            read(patched(zipped({MONTH: ROWS[0]}), CENTRAL, 20, "<I", 2**31))

    def test_a_checksum_that_is_wrong_is_told(self) -> None:
        content = zipped({MONTH: ROWS[0]}, zipfile.ZIP_STORED).replace(b"Title 0", b"Title 9")
        with pytest.raises(DataFault, match=f"^-: {MONTH} is damaged: its checksum is wrong"):
            read(content)

    def test_damage_that_shows_late_is_told_with_the_row_that_came_last(self) -> None:
        content = zipped({MONTH: b"".join(ROWS) * 1_000}, zipfile.ZIP_STORED).replace(b"Title 0", b"Title 9", 1)
        rows = read_export(io.BytesIO(content))
        given: list[Listen | Skipped] = []
        with pytest.raises(
            DataFault, match=f"^-: {MONTH} is damaged: its checksum is wrong, noticed after row"
        ) as fault:
            given.extend(rows)
        assert 1_000 < len(given) < 4_000
        assert fault.value.message.endswith(f"row {len(given):,}")

    def test_damaged_compression(self) -> None:
        content = bytearray(zipped({MONTH: b"".join(ROWS)}))
        content[80:90] = bytes(10)
        with pytest.raises(DataFault, match=f"^-: {MONTH} (is damaged|cannot be read)"):
            read(bytes(content))

    def test_a_header_that_names_another_member(self) -> None:
        content = zipped({MONTH: ROWS[0]})
        changed = content.replace(MONTH.encode(), MONTH.replace("11", "12").encode(), 1)
        with pytest.raises(DataFault, match="is damaged"):
            read(changed)

    def test_archives_are_opened_one_level_deep(self) -> None:
        inner = zipped({MONTH: ROWS[0]})
        assert times(zipped({"export.zip": inner})) == [START]
        with pytest.raises(DataFault, match="a ZIP archive within one that is within another"):
            read(zipped({"outer.zip": zipped({"export.zip": inner})}))

    @pytest.mark.parametrize("content", [zipped({}), zipped({"listens/": b""})])
    def test_an_archive_without_files(self, content: bytes) -> None:
        with pytest.raises(DataFault, match="holds no files"):
            read(content)

"""ZIP archives from strangers: what they may hold, and how much may come out of them.

What an archive says about itself is checked where a lie could hurt and never trusted: the bytes that really come out
are counted. Members are read in place, so their names can do no harm; a name that climbs out of its folder still
marks a file that nobody exported.
"""

import os
import re
import stat
from collections.abc import Callable
from functools import partial
from io import BufferedReader
from typing import BinaryIO, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from producers.exports.json_text import CUT_OFF_HINT
from producers.exports.streams import named_stream
from schemas.errors import DataFault

# ListenBrainz writes a member for each month; a lifetime of daily files still fits.
MAX_MEMBERS = 10_000
# Listens shrink to a tenth, a bomb to a thousandth. Small members may shrink as they like.
_MAX_RATIO = 250
_ALWAYS_ALLOWED_BYTES = 16 * 2**20
_MAX_BYTES = 16 * 2**30
_LOCAL_HEADER_BYTES = 30
_END_BYTES = 22
_LONGEST_COMMENT = 65_535
_END_RECORD = re.compile(rb"PK\x05\x06.{8}(?P<contents>.{4})", re.DOTALL)
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP64_LOCATOR_BYTES = 20
# An entry of the table of contents is 46 bytes and a name.
_MAX_CONTENTS_BYTES = MAX_MEMBERS * 256
_ENCRYPTED = 0x1
_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:")


class ArchiveMember(NamedTuple):
    """A file in an archive: its name there, how to read it, and how many bytes the archive says it has."""

    name: str
    open: Callable[[], BufferedReader]
    size: int


def is_archive(head: bytes) -> bool:
    """Whether a file that begins so is a ZIP archive."""
    return head.startswith(_SIGNATURES)


def open_archive(file: BinaryIO, label: str) -> tuple[ZipFile, list[ArchiveMember]]:
    """The archive, to be closed by the caller, and its files in the order of the archive.

    Raises DataFault if it is damaged, encrypted, or made to do harm; the readers raise it where a member turns out so.
    """
    _must_have_small_contents(file, label)
    try:
        archive = ZipFile(file)
    except (BadZipFile, ValueError, NotImplementedError, OSError) as error:
        # Of a table of contents that it cannot make sense of, ZipFile says that this is no ZIP file.
        sentence = f"{label} is a damaged ZIP archive: its table of contents cannot be read"
        raise DataFault(sentence, "Export or download it again.") from error
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise DataFault(f"{label} has {len(members):,} members; no export has more than {MAX_MEMBERS:,}")
    for member in members:
        if wrong := _suspicion(member):
            raise DataFault(f"{label}: {member.filename!r} {wrong}; nothing of the archive was read")
    _must_not_overlap(members, archive.start_dir, label)
    budget = _Budget(label, _allowed(sum(member.compress_size for member in members)))
    return archive, [
        ArchiveMember(
            member.filename,
            partial(_open_member, archive, member, f"{label}: {member.filename}", budget),
            member.file_size,
        )
        for member in members
        if not member.is_dir() and not stat.S_ISLNK(member.external_attr >> 16)
    ]


def _must_have_small_contents(file: BinaryIO, label: str) -> None:
    """Before ZipFile makes an object of every entry: a million of them would take a gigabyte."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
    tail = file.read()
    ends = list(_END_RECORD.finditer(tail))
    if not ends:
        raise DataFault(
            f"{label} is a ZIP archive that breaks off before the table of contents at its end", CUT_OFF_HINT
        )
    for end in ends:
        if int.from_bytes(end["contents"], "little") > _MAX_CONTENTS_BYTES:
            raise DataFault(f"{label} is a ZIP archive with far more members than an export has")
        if tail[: end.start()][-_ZIP64_LOCATOR_BYTES:].startswith(_ZIP64_LOCATOR):
            raise DataFault(f"{label} is a ZIP archive of a size that no export has (ZIP64)")


def _suspicion(member: ZipInfo) -> str | None:
    # orig_filename is what the archive says; zipfile has already cut `filename` at a NUL.
    name = member.orig_filename.replace("\\", "/")
    if _ABSOLUTE.match(name) or ".." in name.split("/") or "\0" in name:
        return "points outside of the archive"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if member.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        return f"is compressed in a way no export uses (method {member.compress_type})"
    return None


def _must_not_overlap(members: list[ZipInfo], end: int, label: str) -> None:
    """Many members on the same bytes are a bomb; Python finds them itself only from 3.11.8 on."""
    for member in sorted(members, key=lambda member: member.header_offset, reverse=True):
        if member.header_offset + _LOCAL_HEADER_BYTES + member.compress_size > end:
            raise DataFault(f"{label}: {member.filename!r} overlaps what follows it; nothing of the archive was read")
        end = member.header_offset


def _allowed(compressed: int) -> int:
    return min(_MAX_BYTES, max(_ALWAYS_ALLOWED_BYTES, _MAX_RATIO * compressed))


class _Budget:
    """How many bytes may come out of one archive, whichever members they come from."""

    def __init__(self, label: str, allowed: int) -> None:
        self._label = label
        self._left = allowed

    def spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise DataFault(f"{self._label} holds far more than its size allows: it is made to fill memory or disks")


def _open_member(archive: ZipFile, member: ZipInfo, label: str, budget: _Budget) -> BufferedReader:
    own = _Budget(label, _allowed(member.compress_size))
    spent = 0

    def watch(total: int) -> None:
        nonlocal spent
        own.spend(total - spent)
        budget.spend(total - spent)
        spent = total

    try:
        return named_stream(archive.open(member), label, watch)
    except (BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise DataFault(f"{label} is damaged: {error}") from error

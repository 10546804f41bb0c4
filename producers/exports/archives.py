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
from typing import BinaryIO, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from producers.exports.bounds import MAX_MEMBERS, Budget
from producers.exports.entries import Unread
from producers.exports.json_text import CUT_OFF_HINT
from producers.exports.streams import ExportStream, named_stream
from schemas.errors import DataFault

_LOCAL_HEADER_BYTES = 30
_END_BYTES = 22
_LONGEST_COMMENT = 65_535
_END_RECORD = re.compile(rb"PK\x05\x06.{8}(?P<contents>.{4})", re.DOTALL)
# The record of ZIP64, and what leads to it; tools that write to a pipe add them whatever the size.
_END_RECORD_64 = re.compile(rb"PK\x06\x06.{36}(?P<contents>.{8}).{8}PK\x06\x07.{16}", re.DOTALL)
_END_BYTES_64 = 76
# An entry of the table of contents is 46 bytes and a name.
_MAX_CONTENTS_BYTES = MAX_MEMBERS * 256
_IN_RECORD_64 = 2**32 - 1
_ENCRYPTED = 0x1
_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_SIGNATURE_BYTES = 4
_ABSOLUTE = re.compile(r"/|[A-Za-z]:")
_OTHER_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz"}


class ArchiveMember(NamedTuple):
    """A file in an archive: its name there, how to read it, how many bytes the archive says it has.

    `unread` says why it cannot be read, if so; `is_archive` whether it is a ZIP archive itself.
    """

    name: str
    open: Callable[[], ExportStream]
    size: int
    unread: Unread | None
    is_archive: bool


def is_archive(head: bytes) -> bool:
    """Whether a file that begins so is a ZIP archive."""
    return head.startswith(_SIGNATURES)


class Archive(NamedTuple):
    """`file` is to be closed by the caller, `budget` is what may come out, `members` are in their order there."""

    file: ZipFile
    budget: Budget
    members: list[ArchiveMember]


def open_archive(file: BinaryIO, label: str, around: Budget | None = None) -> Archive:
    """The archive in a file that can be sought; `around` is the budget of an archive that it is in.

    Raises DataFault if it is damaged or made to do harm; the readers raise it where a member turns out so.
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
        if _climbs_out(member):
            raise DataFault(f"{label}: {member.filename!r} points outside of the archive; nothing of it was read")
    _must_not_overlap(members, archive.start_dir, label)
    budget = Budget(label, sum(member.compress_size for member in members), around)
    files = [member for member in members if not _name(member).endswith("/")]
    return Archive(archive, budget, [_member(archive, member, label, budget) for member in files])


def _must_have_small_contents(file: BinaryIO, label: str) -> None:
    """Before ZipFile makes an object of every entry: a million of them would take a gigabyte."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT - _END_BYTES_64))
    tail = file.read()
    ends = list(_END_RECORD.finditer(tail))
    if not ends:
        raise DataFault(
            f"{label} is a ZIP archive that breaks off before the table of contents at its end", CUT_OFF_HINT
        )
    for end in ends:
        contents = int.from_bytes(end["contents"], "little")
        if found := _END_RECORD_64.fullmatch(tail, max(0, end.start() - _END_BYTES_64), end.start()):
            # The one counts for some readers, the other for others.
            told = 0 if contents == _IN_RECORD_64 else contents
            contents = max(told, int.from_bytes(found["contents"], "little"))
        if contents > _MAX_CONTENTS_BYTES:
            raise DataFault(f"{label} is a ZIP archive with far more members than an export has")


def _name(member: ZipInfo) -> str:
    # orig_filename is what the archive says; zipfile has already cut `filename` at a NUL. Some tools of Windows
    # separate folders as Windows does.
    return member.orig_filename.replace("\\", "/")


def _climbs_out(member: ZipInfo) -> bool:
    name = _name(member)
    return bool(_ABSOLUTE.match(name)) or ".." in name.split("/") or "\0" in name


def _must_not_overlap(members: list[ZipInfo], end: int, label: str) -> None:
    """Many members on the same bytes are a bomb; Python finds them itself only from 3.11.8 on."""
    for member in sorted(members, key=lambda member: member.header_offset, reverse=True):
        if member.header_offset + _LOCAL_HEADER_BYTES + member.compress_size > end:
            raise DataFault(f"{label}: {member.filename!r} overlaps what follows it; nothing of the archive was read")
        end = member.header_offset


def _member(archive: ZipFile, member: ZipInfo, label: str, budget: Budget) -> ArchiveMember:
    name = _name(member)
    unread = _why_unread(member)
    return ArchiveMember(
        name,
        partial(_open_member, archive, member, f"{label}: {name}", budget),
        member.file_size,
        unread,
        unread is None and is_archive(_first_bytes(archive, member)),
    )


def _why_unread(member: ZipInfo) -> Unread | None:
    if member.flag_bits & _ENCRYPTED:
        return Unread("encrypted", "it is encrypted", "Unpack the archive with its password, and import the folder.")
    if member.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        method = _OTHER_METHODS.get(member.compress_type, f"method {member.compress_type}")
        return Unread("compressed", f"it is compressed with {method}, which is not read here", "Unpack the archive.")
    if stat.S_ISLNK(member.external_attr >> 16):
        return Unread("link", "it is a link, and links in archives are not followed")
    return None


def _first_bytes(archive: ZipFile, member: ZipInfo) -> bytes:
    try:
        with archive.open(member) as file:
            return file.read(_SIGNATURE_BYTES)
    except Exception:  # noqa: BLE001 # whatever a broken member raises, it does so again to whoever reads it
        return b""


def _open_member(archive: ZipFile, member: ZipInfo, label: str, budget: Budget) -> ExportStream:
    own = Budget(label, member.compress_size, budget)
    try:
        return named_stream(archive.open(member), label, own.spend)
    except (BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise DataFault(f"{label} is damaged: {error}") from error

"""Which members of an export are read, and what is said of the others.

Whether a member that is not recognised matters is told by its name: plays may be missing where it is named like a part
of an export, or like those that were recognised. What cannot be looked into always matters.
"""

import re
from pathlib import PurePosixPath
from typing import NamedTuple

from producers.exports.entries import Entry, Unread, entry_of, entry_to_read, unread_of
from producers.exports.formats import Format, format_of
from producers.exports.members import Member
from producers.exports.unknown import appearance
from schemas.errors import DataFault

_DATA = frozenset(
    f".{suffix}"
    for suffix in (
        *("json", "jsonl", "ndjson", "csv", "tsv", "xml", "xls", "xlsx", "ods", "db", "sqlite", "sqlite3"),
        *("zip", "gz", "icloud", "part", "crdownload"),
    )
)
_PLAYS = re.compile(
    r"scrobbl|listens|streaming.?history|endsong|endvideo|recent.?tracks|maloja|koito|last\.?fm", re.IGNORECASE
)
_BEGINNING = re.compile(r"[^\W\d]{5,}")
# What the packages hold beside the plays, what systems leave in folders, and what SQLite and people put beside a file.
_OF_PACKAGES = re.compile(
    r"user|feedback|pinned_recording|YourLibrary|Playlist\w*|Userdata|UserAddress|Identity|Identifiers|Inferences"
    r"|SearchQueries|Follow|Payments|FamilyPlan|DuoNewFamily|Marquee|YourSoundCapsule|Wrapped\w*|MessageData|UserPrompts",
    re.IGNORECASE,
)
_OF_SYSTEMS = re.compile(
    r"\._.*|\.DS_Store|\.localized|Icon\r|thumbs\.db|desktop\.ini|\.directory|\.nomedia|\.git(?:keep|ignore|attributes)"
    r"|.*\.sqlite-(?:wal|shm|journal)|(?:read.?me|licen[sc]e|copying)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_NAMED_LIKE_A_PART = frozenset({"text", "binary", "document", "web_page"})
_OF_ANY = "Import it without --format."
_UNRELATED = "it belongs to the {}, and holds no plays"


class Found(NamedTuple):
    """A member that is read: by which format, and the number of its entry."""

    member: Member
    format: Format
    number: int


def take_stock(members: list[Member], chosen: Format | None) -> tuple[list[Found], list[Entry]]:
    """What is read, and an entry for each member; only what is of the `chosen` format, where one is asked for."""
    looked = [_look(member) for member in members]
    parts = _Parts([member.name for member, seen in zip(members, looked, strict=True) if isinstance(seen, Format)])
    found: list[Found] = []
    entries: list[Entry] = []
    for number, (member, seen) in enumerate(zip(members, looked, strict=True)):
        if isinstance(seen, Unread):
            entry = entry_of(member.name, _weighed(member.name, seen, parts))
        elif chosen not in (None, seen):
            entry = entry_of(member.name, Unread("other_format", f"it is an export of the format {seen.name}", _OF_ANY))
        else:
            entry = entry_to_read(member.name, seen.name)
            found.append(Found(member, seen, number))
        entries.append(entry)
    return found, entries


def _look(member: Member) -> Format | Unread:
    if member.unread:
        return member.unread
    try:
        with member.open() as stream:
            head, fault = stream.peek(), stream.fault
    except DataFault as error:
        return unread_of(error, member.label)
    if found := format_of(head):
        return found
    return unread_of(fault, member.label) if fault else appearance(head)


def _weighed(name: str, unread: Unread, parts: "_Parts") -> Unread:
    """The same, unless it does not matter."""
    path = PurePosixPath(name)
    if "__MACOSX" in path.parts or _OF_SYSTEMS.fullmatch(path.name):
        return Unread("unrelated", _UNRELATED.format("system"))
    if _OF_PACKAGES.fullmatch(path.stem) and path.suffix.lower() in _DATA:
        return Unread("unrelated", _UNRELATED.format("package"))
    if unread.kind in _NAMED_LIKE_A_PART and not parts.have_one_like(path, unread):
        return unread._replace(kind="unrelated", hint="")
    return unread


class _Parts:
    """What the names of the members that were recognised have in common with those of others."""

    def __init__(self, names: list[str]) -> None:
        paths = [PurePosixPath(name) for name in names]
        self._suffixes = {path.suffix.lower() for path in paths}
        self._beginnings = {_beginning(path) for path in paths} - {""}

    def have_one_like(self, path: PurePosixPath, unread: Unread) -> bool:
        """Whether a member of that name is probably one of them."""
        suffixes = {suffix.lower().rstrip("~") for suffix in path.suffixes}
        if suffixes & _DATA or path.suffix.lower() in self._suffixes:
            return True
        alike = _PLAYS.search(path.name) is not None or _beginning(path) in self._beginnings
        return alike and unread.kind != "document"


def _beginning(path: PurePosixPath) -> str:
    found = _BEGINNING.match(path.stem)
    return found[0].lower() if found else ""

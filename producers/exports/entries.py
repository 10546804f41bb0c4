"""What became of each member of an export, for the report: read, or not and why."""

from typing import Literal, NamedTuple, TypeAlias

import msgspec

from schemas.errors import DataFault

# Why a member was not read. This list is closed: scripts rely on it.
Kind: TypeAlias = Literal[
    # It holds no plays, or none that were asked for.
    "unrelated",  # a picture, a document, a file that the package or the system puts beside the plays
    "no_rows",  # a list without elements
    "other_format",  # an export, but not of the format that was asked for
    "not_reached",  # the reading has not come to it, or ended before it
    # Plays may be missing.
    "empty",  # not a byte, or nothing but white space
    "unknown",  # looks like a part, but no format recognises it
    "text",
    "binary",
    "document",  # a picture or document that is named like a part
    "web_page",
    "placeholder",  # stands for a file that is elsewhere, such as a Git LFS pointer
    "compressed",  # in a way that is not read here
    "encrypted",
    "link",  # leads nowhere, or is not followed
    "unreadable",  # no permission, a damaged disk, a special file
    "damaged",  # the bytes are not those that were written, or the file ends within its first row
    "refused",  # an export that does not hold what an import needs
    "broken_off",  # read up to some row: the only kind of a member that was read
]
NOT_REACHED: Kind = "not_reached"
QUIET: frozenset[Kind] = frozenset({"unrelated", "no_rows", "other_format", NOT_REACHED})
_LONGEST = 500


class NotWanted(DataFault):
    """An export that is known and whole, and does not hold what an import needs; the hint says which one does."""


class Unread(NamedTuple):
    """Why a member was not read. `reason` is a sentence about "it", `hint` says what to do."""

    kind: Kind
    reason: str
    hint: str = ""


class Entry(msgspec.Struct, omit_defaults=True):
    """One member in the report. Names and sentences are bounded, and free of what a database or terminal refuses.

    `note` is what the person should know of a member that was read, such as its encoding.
    """

    name: str
    read: bool
    format: str | None = None
    kind: Kind | None = None
    reason: str = ""
    hint: str = ""
    note: str = ""

    @property
    def is_loud(self) -> bool:
        """Whether plays may be missing because of it."""
        return self.kind is not None and self.kind not in QUIET

    def begin(self) -> None:
        """It is being read."""
        self.read, self.kind, self.reason = True, None, ""

    def fail(self, unread: Unread, *, rows_before: bool = False) -> None:
        """It could not be read, or only up to some row."""
        self.read, self.kind = rows_before, "broken_off" if rows_before else unread.kind
        self.reason, self.hint = plain(unread.reason), plain(unread.hint)


def entry_of(name: str, unread: Unread) -> Entry:
    """The entry of a member that is not read."""
    return Entry(plain(name), read=False, kind=unread.kind, reason=plain(unread.reason), hint=plain(unread.hint))


def entry_to_read(name: str, format_: str) -> Entry:
    """The entry of a member that is to be read as such an export."""
    return Entry(plain(name), read=False, format=format_, kind=NOT_REACHED, reason="it was not reached")


def unread_of(fault: DataFault, label: str) -> Unread:
    """What a fault of the member with that label says about it."""
    kind: Kind = "refused" if isinstance(fault, NotWanted) else "damaged"
    about = fault.message.removeprefix(label)
    return Unread(kind, f"it{about}" if about.startswith(" ") else fault.message, fault.hint)


def why(error: Exception) -> str:
    """What the system says, without the path that it adds."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def plain(text: str) -> str:
    """The text as one line that can be stored and shown; of a long one, the beginning and the end."""
    safe = text.encode(errors="backslashreplace").decode()
    line = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in safe)
    half = _LONGEST // 2
    return line if len(line) <= _LONGEST else f"{line[:half]}…{line[-half:]}"

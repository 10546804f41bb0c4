"""Writes down the rows of an export that are no listens, for the person whose rows they are."""

from contextlib import ExitStack, suppress
from typing import BinaryIO

import msgspec

from producers.output import growing, require_place, telling
from schemas.errors import Fault
from schemas.listen import Skipped

# What the person left out on purpose; a line for each would hide the others.
UNWANTED = frozenset({"outside_window"})


class RejectsFile:
    """JSON lines {"file", "member", "row", "reason", "raw"} of all exports of one command, under the name of a place.

    It holds what the exports hold, names and addresses too. It is begun with the first export that is read, for what
    was there before is then gone.
    """

    def __init__(self, name: str) -> None:
        """Raises UsageFault where nothing can be written under that name."""
        require_place(name)
        self.name = name
        self._stream: BinaryIO | None = None
        self._opened = ExitStack()

    def begin(self, *, add: bool) -> None:
        """Open it, to add to what is there or to replace it, unless it is open. Raises UsageFault."""
        if self._stream is None:
            self._stream = self._opened.enter_context(growing(self.name, add=add))

    def write(self, line: bytes) -> None:
        """Raises Fault where it takes no more."""
        if self._stream:
            with telling(self.name):
                self._stream.write(line)

    def flush(self) -> None:
        """What was written is there. Raises Fault where it takes no more."""
        if self._stream:
            with telling(self.name):
                self._stream.flush()

    def close(self) -> None:
        """Nothing more is written. What could not be written has been told by `write` or `flush`."""
        with suppress(Fault):
            self._opened.close()


class Rejects:
    """The skipped rows of one export; nothing is written where there is no file for them."""

    def __init__(self, file: RejectsFile | None, export: str, *, add: bool = False) -> None:
        """Begin the file, or go on with it. Raises UsageFault where it cannot be opened."""
        self._file = file
        self._export = export
        if file:
            file.begin(add=add)

    def write(self, skipped: Skipped) -> None:
        """One row. Raises Fault where the disk takes no more."""
        if self._file is None or skipped.reason in UNWANTED:
            return
        line = {"file": self._export, "member": skipped.member, "row": skipped.row, "reason": skipped.reason}
        self._file.write(msgspec.json.encode({**line, "raw": _plain(skipped.raw)}) + b"\n")

    def flush(self) -> None:
        """All rows so far are in the file. Raises Fault where the disk takes no more."""
        if self._file:
            self._file.flush()


def _plain(raw: object) -> object:
    """A row as JSON can hold it: lines as text, broken characters marked."""
    if isinstance(raw, bytes):
        return raw.decode(errors="replace").rstrip("\r\n")
    plain = msgspec.to_builtins(raw, str_keys=True)
    try:
        msgspec.json.encode(plain)
    except (UnicodeEncodeError, TypeError, OverflowError):
        return repr(plain)
    return plain

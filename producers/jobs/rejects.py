"""Writes down the rows of an export that are no listens, for the person whose rows they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from schemas.errors import UsageFault
from schemas.listen import Skipped

# What the person left out on purpose; a line for each would hide the others.
_UNWANTED = frozenset({"outside_window"})


class Rejects:
    """A file of JSON lines: {"file", "member", "row", "reason", "raw"}; nothing is written where `path` is None.

    It holds what the export holds, names and addresses too.
    """

    def __init__(self, path: Path | None, file: str, *, add: bool = False) -> None:
        """Begin the file, or add to it. Raises UsageFault where it cannot be written."""
        self._file = file
        self._stream: BinaryIO | None = None
        if path is not None:
            try:
                self._stream = path.open("ab" if add else "wb")
            except OSError as error:
                raise UsageFault(f"{path} cannot be written: {error.strerror}") from error

    def write(self, skipped: Skipped) -> None:
        """One row. Raises UsageFault where the disk takes no more."""
        if self._stream is None or skipped.reason in _UNWANTED:
            return
        line = {"file": self._file, "member": skipped.member, "row": skipped.row, "reason": skipped.reason}
        with _writing():
            self._stream.write(msgspec.json.encode({**line, "raw": _plain(skipped.raw)}) + b"\n")

    def flush(self) -> None:
        """What was written is in the file. Raises UsageFault where the disk takes no more."""
        if self._stream is not None:
            with _writing():
                self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._stream is not None:
            with _writing():
                self._stream.close()


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageFault(f"the skipped rows cannot be written down: {error.strerror}") from error


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

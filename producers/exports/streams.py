"""Streams that name their file when they fail."""

import io
import zlib
from collections.abc import Callable
from typing import Protocol
from zipfile import BadZipFile

from schemas.errors import DataFault

# Enough for the first rows of every format; `peek()` of a fresh stream shows at least as much.
HEAD_BYTES = 16_384
_BUFFER_BYTES = 65_536
_BOM = b"\xef\xbb\xbf"


class Unreadable(DataFault):
    """The bytes cannot be had, or are not those that were written; it does not say after which row."""


class Readable(Protocol):
    """What can be read and closed."""

    def read(self, size: int, /) -> bytes | None:
        """At most `size` bytes; none at the end."""

    def close(self) -> None:
        """Give back what it holds."""


def _unwatched(_total: int) -> None:
    pass


def named_stream(
    source: Readable, label: str, watch: Callable[[int], None] = _unwatched, *, keep_open: bool = False
) -> io.BufferedReader:
    """A buffered stream on `source` from behind its UTF-8 byte order mark; unless told not to, it closes `source` too.

    Reading raises Unreadable in place of what the disk, ZIP or its decompression raise. `watch` is told the number of
    bytes read so far after every step, and may raise.
    """
    stream: io.BufferedReader = io.BufferedReader(_Named(source, label, watch, keep_open=keep_open), _BUFFER_BYTES)
    if stream.peek().startswith(_BOM):
        stream.read(len(_BOM))
    return stream


class _Named(io.RawIOBase):
    def __init__(self, source: Readable, label: str, watch: Callable[[int], None], *, keep_open: bool) -> None:
        self._source = source
        self._label = label
        self._watch = watch
        self._keep_open = keep_open
        self._total = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview", /) -> int:  # type: ignore[override] # BufferedReader gives nothing else
        """Fill the buffer, even from a pipe that gives a little at a time: a head must not depend on its timing."""
        filled = 0
        try:
            while filled < len(buffer) and (piece := self._source.read(len(buffer) - filled)):
                buffer[filled : filled + len(piece)] = piece
                filled += len(piece)
        except BadZipFile as error:
            raise Unreadable(f"{self._label} is damaged: its checksum is wrong") from error
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise Unreadable(f"{self._label} cannot be read: {error}") from error
        self._total += filled
        self._watch(self._total)
        return filled

    def tell(self) -> int:
        """How many bytes were read; BufferedReader takes from it what it has not given out yet."""
        return self._total

    def close(self) -> None:
        if not self.closed and not self._keep_open:
            self._source.close()
        super().close()

"""Streams as readers need them: unpacked, UTF-8 without a byte order mark, ending where their source fails."""

import gzip
import io
import zlib
from collections.abc import Callable
from zipfile import BadZipFile

from producers.exports.bounds import allowed, bomb
from producers.exports.encodings import Chain, Readable, Transcoded, Undecided, mark_of, wide_encoding
from schemas.errors import DataFault

# Enough for the first rows of every format; `peek()` of a fresh stream shows at least as much.
HEAD_BYTES = 16_384
_BUFFER_BYTES = 65_536
_GZIP = b"\x1f\x8b\x08"
_AGAIN = "Export or download it again."


class Unreadable(DataFault):
    """The bytes cannot be had, or are not those that were written; it does not say after which row."""


class ExportStream(io.BufferedReader):
    """A buffered stream of UTF-8, or of a database as it is.

    Where its source fails it ends, after every byte that could be had; whoever has read it to its end asks for `fault`.
    """

    def __init__(self, raw: "_Raw", guards: "list[_Guarded]", undecided: Undecided | None) -> None:
        super().__init__(raw, _BUFFER_BYTES)
        self._guards = guards
        self._undecided = undecided

    @property
    def fault(self) -> Unreadable | None:
        """What ended it too early, if anything."""
        return next((guard.fault for guard in self._guards if guard.fault), None)

    @property
    def note(self) -> str:
        """What a person should know of how its text was read; it may show late."""
        return self._undecided.note if self._undecided else ""

    @property
    def is_plain(self) -> bool:
        """Whether it gives the bytes of its source as they are."""
        return len(self._guards) == 1 and not self.note

    @property
    def taken(self) -> int:
        """How many bytes of its source were read so far."""
        return self.tell() if self.is_plain else self._guards[0].taken


def _free(_size: int) -> None:
    pass


def named_stream(
    source: Readable, label: str, spend: Callable[[int], None] = _free, *, keep_open: bool = False
) -> ExportStream:
    """A stream on `source`, which it closes too unless told not to.

    gzip is unpacked, UTF-16 and UTF-32 become UTF-8, and so does Windows-1252 where the whole text is. `spend` is told
    of the bytes that come out, piece by piece, and may raise.
    """
    first = _Guarded(source, label, spend, keep_open=keep_open)
    guards = [first]
    head = first.read(_BUFFER_BYTES)
    rest: Readable = Chain(io.BytesIO(head), first)
    if head.startswith(_GZIP):
        unpacked = _Guarded(_Gunzipped(rest), label, _within_bounds(first, label, spend))
        guards.append(unpacked)
        head = unpacked.read(_BUFFER_BYTES)
        rest = Chain(io.BytesIO(head), unpacked)
    if encoding := wide_encoding(head):
        text = _Guarded(Transcoded(rest, encoding), label, _free)
        return ExportStream(_Raw(text), [*guards, text], None)
    if mark := mark_of(head):
        rest.read(mark)
    undecided = Undecided(rest, label)
    return ExportStream(_Raw(undecided), guards, undecided)


def _within_bounds(packed: "_Guarded", label: str, spend: Callable[[int], None]) -> Callable[[int], None]:
    total = 0

    def watch(size: int) -> None:
        nonlocal total
        total += size
        if total > allowed(packed.taken):
            raise bomb(label)
        spend(size)

    return watch


class _Guarded:
    """Gives all that is asked for, even of a pipe that gives a little at a time, and ends where `source` fails."""

    def __init__(self, source: Readable, label: str, spend: Callable[[int], None], *, keep_open: bool = False) -> None:
        self.fault: Unreadable | None = None
        self.taken = 0
        self._source = source
        self._label = label
        self._spend = spend
        self._keep_open = keep_open

    def read(self, size: int, /) -> bytes:
        """Fewer bytes only at the end: the head of a pipe must not depend on its timing."""
        pieces: list[bytes] = []
        left = size
        try:
            while left and not self.fault and (piece := self._source.read(left)):
                pieces.append(piece)
                left -= len(piece)
        except BadZipFile:
            self.fault = Unreadable(f"{self._label} is damaged: its checksum is wrong", _AGAIN)
        except gzip.BadGzipFile:
            self.fault = Unreadable(
                f"{self._label} is damaged: its checksum is wrong, or not all of it is gzip", _AGAIN
            )
        except EOFError:
            self.fault = Unreadable(f"{self._label} breaks off in its compressed data", _AGAIN)
        except UnicodeDecodeError as error:
            self.fault = Unreadable(f"{self._label} is damaged: not all of it is {error.encoding.upper()} text", _AGAIN)
        except (OSError, ValueError, zlib.error) as error:
            self.fault = Unreadable(f"{self._label} cannot be read: {error}")
        self.taken += size - left
        self._spend(size - left)
        return b"".join(pieces)

    def close(self) -> None:
        if not self._keep_open:
            self._source.close()


class _Gunzipped:
    """What is in a gzip file, one member after the other."""

    def __init__(self, packed: Readable) -> None:
        self._packed = packed
        self._file = gzip.GzipFile(fileobj=packed, mode="rb")  # type: ignore[call-overload] # needs nothing but read

    def read(self, size: int, /) -> bytes:
        # read() would lose what it has when it meets the place where the file breaks off.
        piece: bytes = self._file.read1(size)
        return piece

    def close(self) -> None:
        self._file.close()
        self._packed.close()


class _Raw(io.RawIOBase):
    def __init__(self, source: Readable) -> None:
        self._source = source
        self._total = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview", /) -> int:  # type: ignore[override] # BufferedReader gives nothing else
        """Fill the buffer, for `peek()` asks but once."""
        filled = 0
        while filled < len(buffer) and (piece := self._source.read(len(buffer) - filled)):
            buffer[filled : filled + len(piece)] = piece
            filled += len(piece)
        self._total += filled
        return filled

    def tell(self) -> int:
        """How many bytes were read; BufferedReader takes from it what it has not given out yet."""
        return self._total

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()

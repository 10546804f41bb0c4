"""Text as UTF-8, whatever it was saved as.

UTF-16 and UTF-32 show at their beginning. What is no UTF-8 shows at the first byte that is no ASCII, and until there
both are the same: if all of the text can be Windows-1252 and nothing in it is a character of UTF-8, it is taken as
Windows-1252. Else it is UTF-8 with broken rows, which the reader of the rows rejects.
"""

import codecs
import io
import re
import tempfile
from typing import Protocol

from schemas.errors import DataFault

# What is said of a text that was taken as Windows-1252.
NOTE_1252 = "read as Windows-1252, for it is not UTF-8; if letters look wrong, save it as UTF-8 and import it again"

_CHUNK = 65_536
_SPOOL_BYTES = 2**20
_MARK = b"\xef\xbb\xbf"
# The longer ones first, for UTF-32 begins as UTF-16 does.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Without a mark: what exports begin with is ASCII, however exotic their names are.
_WIDE = (
    (re.compile(rb"(?:[\t\n\r -~]\0\0\0){4}"), "utf-32-le"),
    (re.compile(rb"(?:\0\0\0[\t\n\r -~]){4}"), "utf-32-be"),
    (re.compile(rb"(?:[\t\n\r -~]\0){4}"), "utf-16-le"),
    (re.compile(rb"(?:\0[\t\n\r -~]){4}"), "utf-16-be"),
)
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_LONGEST_CHARACTER = 4
_CHARACTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|(?:\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f])[\x80-\xbf]"
    rb"|(?:\xf0[\x90-\xbf]|[\xf1-\xf3][\x80-\xbf]|\xf4[\x80-\x8f])[\x80-\xbf]{2}"
)
_NOT_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


class Readable(Protocol):
    """What can be read and closed."""

    def read(self, size: int, /) -> bytes | None:
        """At most `size` bytes; none at the end."""

    def close(self) -> None:
        """Give back what it holds."""


def wide_encoding(head: bytes) -> str | None:
    """The codec of text in UTF-16 or UTF-32 that begins so; None for anything else."""
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    return marked or next((encoding for shape, encoding in _WIDE if shape.match(head)), None)


def mark_of(head: bytes) -> int:
    """The number of bytes of the UTF-8 byte order mark that it begins with, if any."""
    return len(_MARK) if head.startswith(_MARK) else 0


class Chain:
    """One source after the other."""

    def __init__(self, *sources: Readable) -> None:
        self._sources = sources
        self._left = [*sources]

    def read(self, size: int, /) -> bytes:
        """What the next source that has not ended gives."""
        while self._left:
            if piece := self._left[0].read(size):
                return piece
            del self._left[0]
        return b""

    def close(self) -> None:
        """Close all sources."""
        for source in self._sources:
            source.close()


class Transcoded:
    """Text of another encoding as UTF-8, without its byte order mark.

    Half a surrogate pair becomes bytes that are no UTF-8, so that it costs its row. Reading raises UnicodeDecodeError
    at what is no text of that encoding, after everything before it.
    """

    def __init__(self, source: Readable, encoding: str) -> None:
        self._source = source
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        self._ready = b""
        self._begun = False
        self._error: UnicodeDecodeError | None = None

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ended = False
        while not self._ready and not ended:
            if self._error:
                raise self._error
            piece = self._source.read(_CHUNK) or b""
            ended = not piece
            self._ready = self._text(piece, final=ended).encode(errors="surrogatepass")
        given, self._ready = self._ready[:size], self._ready[size:]
        return given

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def _text(self, piece: bytes, *, final: bool) -> str:
        try:
            text = self._decoder.decode(piece, final)
        except UnicodeDecodeError as error:
            self._error = error
            text = error.object[: error.start].decode(self._encoding, "surrogatepass")
        if text and not self._begun:
            self._begun = True
            text = text.removeprefix("\ufeff")
        return text


class Undecided:
    """UTF-8, until a byte tells otherwise; `note` says so then. Raises DataFault where no temporary file can be had."""

    def __init__(self, source: Readable, label: str) -> None:
        self.note = ""
        self._label = label
        self._source = source
        self._decided = False

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        piece = self._source.read(size) or b""
        if self._decided or piece.isascii():
            return piece
        self._decide(piece)
        return self._source.read(size) or b""

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def _decide(self, piece: bytes) -> None:
        """Look at the first character that is no ASCII, and only if it is no UTF-8 at all others."""
        self._decided = True
        found = _NOT_ASCII.search(piece)
        at = found.start() if found else 0
        while len(piece) < at + _LONGEST_CHARACTER and (more := self._source.read(_LONGEST_CHARACTER)):
            piece += more
        if _CHARACTER.match(piece, at) or b"\0" in piece[:at]:
            self._source = Chain(io.BytesIO(piece), self._source)
            return
        try:
            is_1252, seen = _looked_at(piece, self._source)
        except OSError as error:
            raise DataFault(f"{self._label} does not fit into a temporary file: {error.strerror}") from error
        self._source = Chain(seen, self._source)
        if is_1252:
            self._source = Transcoded(self._source, "cp1252")
            self.note = NOTE_1252


def _looked_at(piece: bytes, source: Readable) -> tuple[bool, Readable]:
    """Whether all of it can be Windows-1252 and no character of it UTF-8; and what was read to tell."""
    seen = tempfile.SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115 # whoever reads it closes it
    is_1252, before = True, b""
    while piece and is_1252:
        seen.write(piece)
        is_1252 = not (_NOT_1252.search(piece) or _CHARACTER.search(before + piece))
        before = piece[1 - _LONGEST_CHARACTER :]
        piece = source.read(_CHUNK) or b"" if is_1252 else b""
    seen.seek(0)
    return is_1252, seen

"""JSON that is larger than memory, read value by value on a buffer that never exceeds MAX_ROW_BYTES and a bit.

The buffer holds a character for each byte, as Latin-1 does: the signs of JSON are where they are in UTF-8, places are
bytes, and what is decoded at once is handed over as the bytes it was. As text, a row of Spotify cost 0.5 us more.
"""

import json
import re

from producers.exports.json_text import CUT_NUMBER_CHARACTERS, Broken, ran_out, raw_decode
from producers.exports.rows import MAX_ROW_BYTES
from producers.exports.streams import ExportStream

BYTES = "latin-1"
_CHUNK = 65_536
BOM = "\xef\xbb\xbf"
_BETWEEN = re.compile(rf"(?:[ \t\n\r,]|{BOM})*")
_NUMBERS = {int, float}
# What stays of the text that was read: it shows how far a row is indented.
KEPT = 64
# A pattern that is searched may lie across the end of the text.
_LONGEST_MATCH = 256


class Buffer:
    """The text from `at` on. Whoever has taken something of it moves `at`; reading more moves both."""

    def __init__(self, stream: ExportStream, first_byte: int) -> None:
        self.text = ""
        self.at = 0
        self._stream = stream
        self._bytes_read = first_byte

    def byte(self) -> int:
        """The number of bytes before what comes next."""
        return self._bytes_read - (len(self.text) - self.at)

    def next_character(self) -> str:
        """The next one that does not stand between values, not yet taken; "" at the end of the file.

        White space does, and so do commas and byte order marks: files that were put together hold them anywhere.
        """
        while True:
            found = _BETWEEN.match(self.text, self.at)
            self.at = found.end() if found else self.at
            character = self.text[self.at : self.at + 1]
            cut_mark = character == BOM[0] and self.at + len(BOM) > len(self.text)
            if (character and not cut_mark) or not self.read_more():
                return character

    def take(self, expected: str) -> None:
        """Move behind the next character. Raises Broken if it is another."""
        found = self.next_character()
        if found != expected:
            raise Broken("is not JSON") if found else Broken("breaks off", cut=True)
        self.at += 1

    def value(self) -> tuple[object, int]:
        """What json.loads makes of the value that comes next, and its end; bytes if it is not UTF-8. Raises Broken."""
        while True:
            try:
                value, end = raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                if not ran_out(error):
                    raise Broken("is not JSON") from error
                if not self.read_more():
                    raise Broken("breaks off", cut=True) from error
            except (ValueError, RecursionError) as error:
                raise Broken("is nested too deep or holds an endless number") from error
            else:
                complete = type(value) not in _NUMBERS or end + CUT_NUMBER_CHARACTERS < len(self.text)
                if complete or not self.read_more():
                    return _as_text(value, self.text[self.at : end]), end

    def skip_value(self) -> None:
        """Move behind the value that comes next; an array may be of any length. Raises Broken."""
        if self.next_character() != "[":
            _, self.at = self.value()
            return
        self.at += 1
        while self.next_character() not in {"]", ""}:
            _, self.at = self.value()
        self.take("]")

    def skip_to(self, pattern: re.Pattern[str]) -> bool:
        """Move to the end of what matches the pattern first, or to the end of the file: whether there was a match."""
        begin = self.at + 1
        while not (found := pattern.search(self.text, begin)):
            self.at = max(begin, len(self.text) - _LONGEST_MATCH)
            if not self.read_more():
                self.at = len(self.text)
                return False
            begin = self.at
        self.at = found.end()
        return True

    def read_more(self) -> bool:
        """Add to the text and forget what was read of it; False at the end of the file. Raises Broken: too long."""
        if len(self.text) - self.at > MAX_ROW_BYTES:
            raise Broken(f"has a value of more than {MAX_ROW_BYTES:,} bytes")
        chunk = self._stream.read(_CHUNK)
        if not chunk:
            return False
        self._bytes_read += len(chunk)
        kept = min(self.at, KEPT)
        self.text = self.text[self.at - kept :] + chunk.decode(BYTES)
        self.at = kept
        return True


def _as_text(value: object, written: str) -> object:
    if written.isascii():
        return value
    content = written.encode(BYTES)
    try:
        return raw_decode(content.decode())[0]
    except UnicodeDecodeError:
        return content

"""The lines of a text, however its line ends are written: LF, CR LF, or the CR of old Macs, also mixed."""

from collections import deque

from producers.exports.opened import Opened
from producers.exports.rows import MAX_ROW_BYTES

LINE_ENDS = (b"\n", b"\r")
_PIECE = 65_536


class Lines:
    """The lines of a member from the place where its reading begins, of which some may be put back.

    `number` is that of the line taken last, from 1. It and the byte behind that line are what the place tells.
    """

    def __init__(self, source: Opened, lines_before: int = 0) -> None:
        """Skips `lines_before` lines if reading begins with the first."""
        self._stream = source.stream
        self._waiting: deque[bytes] = deque()
        self._unended = b""
        self._beyond = 0
        self.number = source.place.start.before
        self._byte = source.place.start.byte
        source.skip_to_start()
        if not self._byte:
            for _ in range(lines_before):
                self.take()
        source.place.tell = lambda: (self.number, self._byte)

    def take(self) -> bytes:
        """The next line with its end, or b"" where there is no more; the beginning of one above MAX_ROW_BYTES."""
        if self._waiting:
            line = self._waiting.popleft()
        else:
            line = self._stream.readline(_PIECE)
            if self._unended or not line.endswith(b"\n") or line.find(b"\r", 0, -2) >= 0:
                line = self._split(self._whole(line))
        if line:
            self.number += 1
            self._byte += len(line) if len(line) <= MAX_ROW_BYTES else self._size(line)
        return line

    def put_back(self, lines: list[bytes]) -> None:
        """Undo the latest `take`s, which gave `lines`."""
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)
        self._byte -= sum(map(self._size, lines))

    def _size(self, line: bytes) -> int:
        # Of those that wait, at most the last is too long: nothing is read while any waits.
        return len(line) if len(line) <= MAX_ROW_BYTES else len(line) + self._beyond

    def _whole(self, piece: bytes) -> bytes:
        """At least one line with its end, unless the text ends before, or the line is too long."""
        text = self._unended
        while piece:
            if piece.endswith(b"\r"):
                piece += self._stream.read(1)  # perhaps the LF that belongs to it
            text += piece
            if b"\r" in piece or piece.endswith(b"\n") or len(text) > MAX_ROW_BYTES:
                break
            piece = self._stream.readline(_PIECE)
        return text

    def _split(self, text: bytes) -> bytes:
        """The first of its lines; the others wait, and an end that is missing yet is found by the next reading."""
        first, *others = text.splitlines(keepends=True) or [b""]
        self._unended = others.pop() if others and not others[-1].endswith(LINE_ENDS) else b""
        self._waiting.extend(others)
        if len(first) > MAX_ROW_BYTES:
            self._beyond = 0 if first.endswith(LINE_ENDS) else self._skip()
        return first

    def _skip(self) -> int:
        """Read on to the end of a line, and how many bytes that took."""
        skipped = 0
        while piece := self._stream.readline(_PIECE):
            if piece.endswith(b"\r"):
                piece += self._stream.read(1)
            line, *others = piece.splitlines(keepends=True)
            skipped += len(line)
            if line.endswith(LINE_ENDS):
                self._unended = b"".join(others)
                break
        return skipped

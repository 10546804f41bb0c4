"""Stdin, stdout and stderr as every command needs them, whatever the locale, the terminal and the disk are like.

Names of files and of people are UTF-8. What the terminal cannot show is written as an escape. Stdout that takes no more
is a Fault; stderr that takes no more is ignored, for a command must not fail over what it says about its progress.
"""

import codecs
import io
import os
import sys
from typing import TextIO

from schemas.errors import Fault


def in_utf8() -> None:
    """Begin again in UTF-8 where the locale made Python take arguments and file names for ASCII.

    It decides that before it runs a line of ours, and what it starts inherits the choice.
    """
    if codecs.lookup(sys.getfilesystemencoding()).name == "ascii":
        variables = {"PYTHONUTF8": "1", "PYTHONIOENCODING": "ascii:backslashreplace"}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **variables})  # noqa: S606


def guard() -> None:
    """Replace the three streams of this process by ones that behave as described above."""
    for number in range(3):
        _open(number)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    else:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 # open as long as the process is
    sys.stdout = _text(_Output(1, "wb", closefd=False), sys.stdout, line_buffering=os.isatty(1))
    sys.stderr = _text(_Progress(2, "wb", closefd=False), sys.stderr, line_buffering=True)


class _Output(io.FileIO):
    """Stdout. The first write that the system refuses raises a Fault; what comes after it is dropped."""

    _refused = False

    def write(self, data: bytes, /) -> int:  # type: ignore[override] # BufferedWriter gives nothing else
        if self._refused:
            return len(data)
        try:
            return super().write(data)
        except BrokenPipeError as error:
            self._refused = True
            raise Fault("stdout was closed before everything was written") from error
        except OSError as error:
            self._refused = True
            raise Fault(f"stdout cannot be written: {error.strerror}") from error


class _Progress(io.FileIO):
    """Stderr. What the system refuses is dropped."""

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        try:
            return super().write(data)
        except OSError:
            return len(data)


def _open(number: int) -> None:
    """Put nothing where whoever started us has closed a stream; else a file of ours would take its number."""
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)


def _text(raw: io.FileIO, before: TextIO | None, *, line_buffering: bool) -> io.TextIOWrapper:
    encoding = before.encoding if before else "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=line_buffering)

"""Keeps the logs of one data folder small: a program only ever appends to its own, and most offer no more than that.

    <name>.log       what runs writes here, at most LOG_BYTES and what comes in a minute
    <name>.log.1     what was there before, its last LOG_BYTES

The file is emptied where it is, not renamed: the programs have it open for appending, so each goes on in it at once.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

LOG_BYTES = 8_000_000


def shorten(folder: Path) -> None:
    """Shorten each log of the folder that has grown beyond LOG_BYTES. What is not kept is gone.

    A log that cannot be kept, as on a disk that is full, is emptied all the same, and one that is gone is left out:
    whoever calls this has more to do than that.
    """
    for log in folder.glob("*.log"):
        with suppress(OSError):
            if log.stat().st_size > LOG_BYTES:
                _shorten(log)


def _shorten(log: Path) -> None:
    with log.open("rb+") as file:
        try:
            with log.with_name(f"{log.name}.1").open("wb") as older:
                file.seek(max(file.seek(0, os.SEEK_END) - LOG_BYTES, 0))
                file.readline()  # the rest of a line that was cut
                shutil.copyfileobj(file, older)
        finally:
            file.truncate(0)

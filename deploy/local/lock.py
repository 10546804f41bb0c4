"""One `up` or `down` at a time for each data folder, and one that fills the cache."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.places import LOCK, Say, make_data_folder


@contextmanager
def locked(folder: Path, say: Say) -> Iterator[None]:
    """Nobody else changes anything in this data or cache folder meanwhile; waits for whoever does, and says so.

    The lock is the kernel's and ends with the process that holds it, so no crash leaves a stale one.
    """
    while True:
        make_data_folder(folder)
        with open(folder / LOCK, "ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(f"waiting for another `scrobbles up` or `scrobbles down` that works on {folder}")
                fcntl.flock(file, fcntl.LOCK_EX)
            # A purge deletes the file; a lock on a deleted file excludes nobody.
            if not _is_the_same(file.fileno(), folder / LOCK):
                continue
            yield
            return


def _is_the_same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False

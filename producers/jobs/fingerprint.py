"""By which content an export is recognised when it comes again, whatever it is called then."""

import hashlib
import os
from pathlib import Path

from producers.exports.members import files_below

_UNREADABLE = b"unreadable"


def fingerprint(path: Path) -> bytes:
    """SHA-256 of a file; of a folder, that of the names and contents of all that is in it.

    What cannot be read there counts by its name. Raises OSError for a file that cannot be read, and DataFault for a
    folder that is none to be imported.
    """
    if not path.is_dir():
        return _digest(path)
    total = hashlib.sha256()
    for member in sorted(files_below(path)):
        total.update(os.fsencode(member.relative_to(path)) + b"\0")
        try:
            total.update(_digest(member) if member.is_file() else _UNREADABLE)
        except OSError:
            total.update(_UNREADABLE)
    return total.digest()


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()

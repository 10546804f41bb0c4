"""By which content an export is recognised when it comes again, whatever it is called then."""

import hashlib
from pathlib import Path


def fingerprint(path: Path) -> bytes:
    """SHA-256 of a file; of a folder, that of the names and contents of all files in it. Raises OSError."""
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    total = hashlib.sha256()
    for member in sorted(found for found in path.rglob("*") if found.is_file()):
        total.update(str(member.relative_to(path)).encode("utf-8", "surrogateescape") + b"\0")
        with member.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.digest()

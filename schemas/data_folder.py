"""What every verb finds in a data folder: whose it is, and the addresses of what runs there."""

from pathlib import Path

import msgspec

# What `scrobbles up` leaves in the data folder, so that every verb finds the stack it started.
STACK_FILE = "stack.json"
# What it writes into a folder that is to hold a stack; no other folder is ever purged.
MARK_FILE = "scrobbles-stack.json"


class Mark(msgspec.Struct, frozen=True):
    """The folder that holds a stack: `folder` is its identity, `path` where it was when it was last used.

    A copy of the folder holds the mark of the original: by it the copy knows that the processes on record are not its
    own.
    """

    folder: str
    path: str

    @classmethod
    def of(cls, data: Path) -> "Mark":
        """The mark of this folder, as it is now. Raises OSError where there is none."""
        found = data.stat()
        return cls(f"{found.st_dev}:{found.st_ino}", str(data.resolve()))


def mark_in(folder: Path) -> Mark | None:
    """The mark that a folder holds; None where it holds none that can be read."""
    try:
        return msgspec.json.decode((folder / MARK_FILE).read_bytes(), type=Mark)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def is_copied(data: Path) -> bool:
    """Whether this folder came here as a copy, or from another disk, and was not started since."""
    mark = mark_in(data)
    return mark is not None and mark.folder != Mark.of(data).folder

"""Which exports a folder holds."""

from pathlib import Path

from producers.exports.formats import FORMATS, format_of
from producers.exports.members import files_below, members_of
from schemas.errors import DataFault

_BROKEN = "broken"
_IN_PARTS = {known.name for known in FORMATS if known.in_parts}


def exports_in(folder: Path) -> list[Path]:
    """The folder itself where it is one export, as it was unpacked; else each export in it. Other files do not matter.

    Raises DataFault for a folder with more files than an export has, or one that cannot be looked at.
    """
    found = {path: names for path in files_below(folder) if (names := _formats_in(path))}
    everything = set().union(*found.values())
    if not found or (len(everything) == 1 and everything <= _IN_PARTS):
        return [folder]
    return list(found)


def _formats_in(path: Path) -> set[str]:
    names = set()
    try:
        with members_of(path) as members:
            for member in members:
                with member.open() as stream:
                    known = format_of(stream.peek())
                if known:
                    names.add(known.name)
    except DataFault:
        # To be told of it alone: one broken archive must not keep the others from being read.
        return {_BROKEN}
    return names

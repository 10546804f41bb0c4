"""From a path to listens: find what can be read, recognise the format, read it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from producers.exports.formats import FORMATS, Format, format_of
from producers.exports.members import STDIN, Member, Source, members_of
from producers.exports.unknown import unknown_fault
from schemas.errors import DataFault, UsageFault
from schemas.listen import CLOCK_SKEW_SECONDS, Listen, Skipped


class Export(NamedTuple):
    """An export that was recognised. `rows` reads it, once."""

    format: str
    rows: Iterator[Listen | Skipped]


def read_export(source: Source, format: str | None = None) -> Iterator[Listen | Skipped]:  # noqa: A002 # as the flag
    """Every row of an export, in its order: a Listen, or a Skipped with the reason and the number of the row.

    `source` is a file, a folder, a ZIP archive, "-" for stdin, or a binary stream, which is left open. Its format is
    told by its content unless `format` names it. Exactly one item comes for each row and nothing is dropped, not even
    repeats; so the same file gives the same items again, and the number of items read is a position to resume at.
    At most a few MB of the export are in memory.

    Raises, at the first item: UsageFault for a file or a format that does not exist; DataFault for what is no export
    we know. DataFault also where the export breaks off or is damaged, after every complete row before it.
    """
    with open_export(source, format) as export:
        yield from export.rows


def sniff(source: Source) -> str:
    """The name of the format. Raises what read_export raises. A stream is used up: take open_export for that."""
    with open_export(source) as export:
        return export.format


@contextmanager
def open_export(source: Source, format: str | None = None) -> Iterator[Export]:  # noqa: A002 # as the flag
    """What read_export reads, with its format known before the first row. Raises what read_export raises."""
    chosen = None if format is None else _named_format(format)
    with members_of(source) as members:
        known = _recognised(members, chosen)
        if not known and chosen and len(members) == 1:
            # The person knows better, for example of a list that is empty.
            known = [(members[0], chosen)]
        if not known:
            raise unknown_fault(_name_of(source), members, [known.name for known in FORMATS])
        names = sorted({found.name for _, found in known})
        if len(names) > 1:
            raise DataFault(
                f"{_name_of(source)} holds exports of several formats: {', '.join(names)}", "Import them one by one."
            )
        yield Export(names[0], _rows(known))


def _named_format(name: str) -> Format:
    for known in FORMATS:
        if known.name == name:
            return known
    raise UsageFault(f"{name} is no format", "known: " + ", ".join(known.name for known in FORMATS))


def _recognised(members: list[Member], chosen: Format | None) -> list[tuple[Member, Format]]:
    recognised = []
    for member in members:
        with member.open() as stream:
            found = format_of(stream.peek())
        if found and chosen in {None, found}:
            recognised.append((member, found))
    return recognised


def _rows(members: list[tuple[Member, Format]]) -> Iterator[Listen | Skipped]:
    latest = int(time.time()) + CLOCK_SKEW_SECONDS
    for member, known in members:
        with member.open() as stream:
            yield from known.read(stream, member, latest)


def _name_of(source: Source) -> str:
    return os.fspath(source) if isinstance(source, str | os.PathLike) else STDIN

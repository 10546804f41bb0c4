"""From a path to listens: find what can be read, recognise the format, read it."""

import os
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from itertools import chain, islice
from operator import length_hint

from producers.exports.alias import Alias
from producers.exports.formats import FORMATS, Format, format_of
from producers.exports.members import STDIN, Member, Source, members_of
from producers.exports.opened import Opened, Place, Position, Rules, latest_second
from producers.exports.streams import Unreadable
from producers.exports.unknown import unknown_fault
from schemas.errors import DataFault, UsageFault
from schemas.listen import Listen, Skipped


class Export:
    """An export that was recognised: its `format`, and `rows`, which reads it, once."""

    def __init__(
        self, members: list[tuple[Member, Format]], rules: Rules, start: Position, aliases: set[Alias] | None
    ) -> None:
        self.format = members[0][1].name
        self._rows = self._read(members, rules, start)
        self.rows: Iterator[Listen | Skipped] = self._rows
        self._first: Iterator[Listen | Skipped] = iter([])
        self._aliases = aliases
        self._bytes = [member.size for member, _ in members]
        self._member = start.member
        self._opened: Opened | None = None

    def begin(self) -> None:
        """Read the first row, which `rows` then gives too. Raises DataFault where not even that can be read."""
        self._first = iter([*islice(self._rows, 1)])
        self.rows = chain(self._first, self._rows)

    def close(self) -> None:
        """Reading may have ended in the middle, with files open that only the reader knows."""
        self._rows.close()

    def position(self) -> Position:
        """How far `rows` has come: what to give to `open_export` to go on behind the item that came last."""
        if self._opened is None or length_hint(self._first):
            return Position()
        place = self._opened.place
        return Position(self._member, place.row, *place.tell())

    def share(self) -> float | None:
        """How much of the export was read, from 0 to 1; None where that is not known."""
        if self._opened is None or None in self._bytes:
            return None
        sizes = [size or 0 for size in self._bytes]
        size, place, stream = sizes[self._member], self._opened.place, self._opened.stream
        if stream.closed:
            here: float = size
        elif place.rows is None:
            here = stream.tell()
        else:
            here = size * min(place.row / max(place.rows, 1), 1)
        return (sum(sizes[: self._member]) + here) / max(sum(sizes), 1)

    def _read(
        self, members: list[tuple[Member, Format]], rules: Rules, start: Position
    ) -> Generator[Listen | Skipped, None, None]:
        for number, (member, known) in enumerate(members[start.member :], start.member):
            begin = start if number == start.member else Position()
            with member.open() as stream:
                place = Place(begin, begin.before)
                self._member = number
                self._opened = Opened(stream, member.name, member.label, member.path, rules, place, self._aliases)
                rows = known.read(self._opened)
                try:
                    while place.row < begin.row and next(rows, None):
                        pass
                    yield from rows
                except Unreadable as fault:
                    if not place.row:
                        raise
                    # Noticed there: a checksum is of the whole member, and known at its end.
                    raise DataFault(f"{fault.message}, noticed after row {place.row:,}", fault.hint) from fault


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
def open_export(
    source: Source,
    format: str | None = None,  # noqa: A002 # as the flag
    rules: Rules | None = None,
    start: Position | None = None,
    aliases: set[Alias] | None = None,
) -> Iterator[Export]:
    """What read_export reads, with its format known before the first row; `start` is where an earlier reading ended.

    Without `start` its first row has been read: an export of which nothing can be read raises here, be it damaged, of a
    later version, or of a kind that is known and refused.

    What the export says about other names is added to `aliases` as its rows are read; whoever gives a set empties it
    from time to time, for it grows with the library. Raises what read_export raises.
    """
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
        with closing(Export(known, rules or Rules(latest_second()), start or Position(), aliases)) as export:
            if start is None:
                export.begin()
            yield export


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


def _name_of(source: Source) -> str:
    return os.fspath(source) if isinstance(source, str | os.PathLike) else STDIN

"""From a path to listens: find what can be read, recognise the format, read it."""

import os
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from itertools import chain, islice
from operator import length_hint

from producers.exports.alias import Alias
from producers.exports.entries import Entry, entry_to_read, unread_of
from producers.exports.formats import FORMATS, Format
from producers.exports.inventory import Found, take_stock
from producers.exports.members import STDIN, Member, Source, members_of
from producers.exports.opened import Opened, Place, Position, Rules, latest_second
from producers.exports.paths import shown
from producers.exports.streams import Unreadable
from producers.exports.unknown import unknown_fault
from schemas.errors import DataFault, UsageFault
from schemas.listen import Listen, Skipped

# Of a file that looks like no export of the format that it is read as: one play among so many rows shows that it is.
_PROOF_ROWS = 1_000


class Export:
    """An export that was recognised: its `format`, and `rows`, which reads it, once.

    Where members are of several formats, `format` names all of them: "koito+spotify". `entries` tells what becomes of
    each member, in order; more shows while `rows` is read.
    """

    def __init__(
        self,
        found: list[Found],
        entries: list[Entry],
        rules: Rules,
        start: Position,
        aliases: set[Alias] | None,
    ) -> None:
        self.entries = entries
        self.format = "+".join(sorted({known.name for _, known, _ in found}))
        self._rows = self._read(found, rules, start)
        self.rows: Iterator[Listen | Skipped] = self._rows
        self._first: Iterator[Listen | Skipped] = iter([])
        self._aliases = aliases
        self._bytes = [member.size for member, *_ in found]
        self._member = start.member
        self._opened: Opened | None = None

    def begin(self, rows: int = 1) -> list[Listen | Skipped]:
        """Read as far as the first play, or so many rows, which `rows` then gives too. Raises DataFault before it."""
        first: list[Listen | Skipped] = []
        for row in islice(self._rows, rows):
            first.append(row)
            if _is_play(row):
                break
        self._first = iter(first)
        self.rows = chain(self._first, self._rows)
        return first

    def close(self) -> None:
        """Reading may have ended in the middle, with files open that only the reader knows."""
        self._rows.close()

    def position(self) -> Position:
        """How far `rows` has come: what to give to `open_export` to continue after the item that came last."""
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
            here = stream.taken
        else:
            here = size * min(place.row / max(place.rows, 1), 1)
        return (sum(sizes[: self._member]) + here) / max(sum(sizes), 1)

    def _read(self, found: list[Found], rules: Rules, start: Position) -> Generator[Listen | Skipped, None, None]:
        """The rows of all members. One that cannot be read does not keep the others from being read."""
        ended: DataFault | None = None
        for at, (member, known, number) in enumerate(found[start.member :], start.member):
            self._member, entry = at, self.entries[number]
            begin = start if at == start.member else Position()
            place = Place(begin, begin.before)
            entry.begin()
            try:
                yield from self._rows_of(member, known, rules, place, entry)
            except DataFault as fault:
                entry.fail(unread_of(fault, member.label), rows_before=place.row > 0)
                ended = ended or fault
        broken = [entry for entry in self.entries if entry.kind == "broken_off"]
        if ended and (broken or not any(entry.read for entry in self.entries)):
            raise ended
        for entry in broken:
            # By an earlier reading.
            raise DataFault(f"{entry.name}: {entry.reason}", entry.hint)

    def _rows_of(
        self, member: Member, known: Format, rules: Rules, place: Place, entry: Entry
    ) -> Generator[Listen | Skipped, None, None]:
        with member.open() as stream:
            path = member.path if stream.is_plain else None
            self._opened = Opened(stream, member.name, member.label, path, rules, place, self._aliases)
            rows = known.read(self._opened)
            try:
                while place.row < place.start.row and next(rows, None):
                    pass
                yield from rows
            except DataFault as fault:
                # What the reader misses may be what the stream could not give.
                raise (_noticed(stream.fault, place.row) if stream.fault else fault) from fault
            entry.note = stream.note
            if stream.fault:
                raise _noticed(stream.fault, place.row)


def _noticed(fault: Unreadable, row: int) -> DataFault:
    """There it shows: a checksum is of the whole member, and known at its end."""
    return DataFault(f"{fault.message}, noticed after row {row:,}", fault.hint) if row else fault


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
    earlier: list[Entry] | None = None,
) -> Iterator[Export]:
    """What read_export reads, with its format known before the first row.

    `start` is where an earlier reading ended, and `earlier` are the entries that it had then.

    Without `start` its first row has been read: an export of which nothing can be read raises here, be it damaged, of a
    later version, or of a kind that is known and refused.

    What the export says about other names is added to `aliases` as its rows are read; whoever gives a set empties it
    from time to time, for it grows with the library. Raises what read_export raises.
    """
    chosen = None if format is None else _named_format(format)
    with members_of(source) as members:
        found, entries = take_stock(members, chosen)
        doubted = None
        if not found and chosen and len(members) == 1 and not members[0].unread:
            # The person may know better.
            doubted, entries = entries[0], [entry_to_read(members[0].name, chosen.name)]
            found = [Found(members[0], chosen, 0)]
        if not found:
            label = members[0].label if len(members) == 1 else _name_of(source)
            raise unknown_fault(label, entries, [known.name for known in FORMATS])
        begin = start or Position()
        for one in found[: begin.member]:
            entries[one.number] = earlier[one.number] if earlier else entries[one.number]
        with closing(Export(found, entries, rules or Rules(latest_second()), begin, aliases)) as export:
            if start is None:
                _begin(export, members[0].label, doubted)
            yield export


def _begin(export: Export, label: str, doubted: Entry | None) -> None:
    """Raises DataFault where nothing can be read; also where a file of no format, which is `doubted`, is none."""
    if doubted is None:
        export.begin()
        return
    try:
        first = export.begin(_PROOF_ROWS)
    except DataFault as fault:
        hint = doubted.hint or fault.message
        raise DataFault(f"{label} is no {export.format} export: {doubted.reason}", hint) from fault
    if not any(map(_is_play, first)) and (first or doubted.kind != "no_rows"):
        raise DataFault(f"{label} is no {export.format} export: {doubted.reason}", doubted.hint)


def _is_play(row: Listen | Skipped) -> bool:
    return isinstance(row, Listen) or row.reason == "outside_window"


def _named_format(name: str) -> Format:
    for known in FORMATS:
        if known.name == name:
            return known
    raise UsageFault(f"{name} is no format", "known: " + ", ".join(known.name for known in FORMATS))


def _name_of(source: Source) -> str:
    return shown(source) if isinstance(source, str | os.PathLike) else STDIN

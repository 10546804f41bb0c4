"""What there is to read: one file, the files of a folder, the members of a ZIP archive, or a stream such as stdin.

Everything is read in place and as a stream. Only a ZIP archive that comes as a stream, or within another, is first
written to a temporary file, for its table of contents is at its end.
"""

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from typing import Any, BinaryIO, NamedTuple, NoReturn, TypeAlias

from producers.exports.archives import is_archive, open_archive
from producers.exports.bounds import MAX_MEMBERS, Budget
from producers.exports.entries import Unread, unread_of, why
from producers.exports.paths import shown
from producers.exports.streams import ExportStream, named_stream
from producers.exports.unreadable import known_archive
from schemas.errors import DataFault, UsageFault

Source: TypeAlias = str | os.PathLike[str] | BinaryIO

STDIN = "-"
_TOO_DEEP = Unread("compressed", "it is a ZIP archive within one that is within another", "Unpack it first.")


class Member(NamedTuple):
    """One thing to read. `name` is its place within the source, `label` what a person needs to find it.

    `size` is the number of its bytes, None where it is not known; `path` is there where it is a file of its own.
    `unread` says why it is not to be opened, if so.
    """

    name: str
    label: str
    open: Callable[[], AbstractContextManager[ExportStream]]
    size: int | None = None
    path: Path | None = None
    unread: Unread | None = None


@contextmanager
def members_of(source: Source) -> Iterator[list[Member]]:
    """All there is in `source`, in a fixed order: numbers in names count as numbers, so 2 comes before 10.

    In a folder a member may be unreadable. Raises UsageFault if there is no such file, DataFault if it cannot be opened
    or is an archive made to do harm.
    """
    with ExitStack() as stack:
        if not isinstance(source, str | os.PathLike):
            yield _stream_members(source, STDIN, stack)
        elif os.fspath(source) == STDIN:
            yield _stream_members(sys.stdin.buffer, STDIN, stack)
        else:
            yield _path_members(Path(source), stack)


def _path_members(path: Path, stack: ExitStack) -> list[Member]:
    try:
        if path.is_dir():
            return _few([member for file in files_below(path) for member in _members_below(file, path, stack)], path)
        if path.is_file():
            return _file_members(path, path.name, "", stack)
        if path.exists():
            # A pipe, such as the shell makes of <(…).
            return _stream_members(stack.enter_context(path.open("rb", buffering=0)), shown(path.name), stack)
    except (OSError, ValueError) as error:
        raise DataFault(f"{shown(path)} cannot be read: {why(error)}") from error
    raise UsageFault(f"{shown(path)} does not exist")


def files_below(folder: Path) -> list[Path]:
    """All that is in a folder and is no folder that can be listed, in the order of `members_of`.

    Links to folders are not followed, for one to a parent would have no end; those to a place in the folder itself are
    left out. Raises DataFault for more than an export can have.
    """
    unlisted: list[Path] = []
    found: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=lambda error: unlisted.append(Path(error.filename))):
        found += (Path(parent, name) for name in names)
        found += (path for name in folders if _leads_out(path := Path(parent, name), folder))
        _few(found, folder)
    if folder in unlisted:
        raise DataFault(f"{shown(folder)} cannot be read: its files cannot be listed")
    return sorted([*found, *unlisted], key=lambda path: _numbers_as_numbers(str(path)))


def _leads_out(path: Path, folder: Path) -> bool:
    return path.is_symlink() and not path.resolve().is_relative_to(folder.resolve())


def _few(found: list[Any], where: Path | str) -> list[Any]:
    if len(found) > MAX_MEMBERS:
        raise DataFault(f"{shown(where)} has {len(found):,} files; no export has more than {MAX_MEMBERS:,}")
    return found


def _numbers_as_numbers(name: str) -> list[tuple[str, int, str]]:
    # By length, then by digit: int() refuses the number of 5,000 digits that a hostile name may hold.
    return [(text, len(digits), digits) for text, digits in re.findall(r"([^0-9]*)0*([0-9]*)", name)]


def _members_below(path: Path, folder: Path, stack: ExitStack) -> list[Member]:
    """The file of a folder; what is wrong with it is no reason not to read the others."""
    name = path.relative_to(folder).as_posix()
    try:
        if path.is_file():
            return _file_members(path, name, f"{name}/", stack)
        unread = _why_unread(path)
    except DataFault as fault:
        unread = unread_of(fault, shown(path))
    except OSError as error:
        unread = Unread("unreadable", f"it cannot be read: {why(error)}")
    return [_unreadable(shown(name), shown(path), unread)]


def _why_unread(path: Path) -> Unread:
    if path.is_symlink():
        return Unread("link", "it is a link to a folder" if path.is_dir() else "it is a link that leads nowhere")
    return Unread("unreadable", "its files cannot be listed" if path.is_dir() else "it is a pipe or a device")


def _file_members(path: Path, name: str, prefix: str, stack: ExitStack) -> list[Member]:
    with path.open("rb") as file:
        zipped = is_archive(file.peek())
    if not zipped:
        return [Member(shown(name), shown(path), partial(_open_file, path), path.stat().st_size, path)]
    return _archive_members(stack.enter_context(path.open("rb")), shown(path), shown(prefix), stack)


def _open_file(path: Path) -> ExportStream:
    try:
        return named_stream(path.open("rb", buffering=0), shown(path))
    except OSError as error:
        raise DataFault(f"{shown(path)} cannot be read: {why(error)}") from error


def _archive_members(
    file: BinaryIO, label: str, prefix: str, stack: ExitStack, around: Budget | None = None
) -> list[Member]:
    """The members of an archive, and those of archives in it; `around` is the budget of the one that it is in."""
    archive, budget, found = open_archive(file, label, around)
    stack.enter_context(archive)
    if document := known_archive({member.name for member in found}):
        return [_unreadable(prefix.rstrip("/") or label, label, document)]
    members: list[Member] = []
    for member in found:
        whole = Member(prefix + member.name, f"{label}: {member.name}", member.open, member.size, unread=member.unread)
        if member.is_archive:
            members += _nested_members(whole, budget, stack, too_deep=around is not None)
        else:
            members.append(whole)
        _few(members, label)
    return sorted(members, key=lambda member: _numbers_as_numbers(member.name))


def _nested_members(outer: Member, budget: Budget, stack: ExitStack, *, too_deep: bool) -> list[Member]:
    if too_deep:
        return [_unreadable(outer.name, outer.label, _TOO_DEEP)]
    try:
        with outer.open() as stream:
            spool = _spooled(stream, outer.label, stack)
        return _archive_members(spool, outer.label, f"{outer.name}/", stack, budget)
    except DataFault as fault:
        return [_unreadable(outer.name, outer.label, unread_of(fault, outer.label))]


def _unreadable(name: str, label: str, unread: Unread) -> Member:
    return Member(name, label, partial(_refuse, label, unread), unread=unread)


def _refuse(label: str, unread: Unread) -> NoReturn:
    raise DataFault(f"{label}: {unread.reason}", unread.hint)


def _stream_members(source: BinaryIO, name: str, stack: ExitStack) -> list[Member]:
    stream = stack.enter_context(named_stream(source, name, keep_open=True))
    if not is_archive(stream.peek()):
        return [Member(name, name, lambda: nullcontext(stream))]
    return _archive_members(_spooled(stream, name, stack), name, "", stack)


def _spooled(stream: ExportStream, name: str, stack: ExitStack) -> BinaryIO:
    spool = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 # the stack closes it
    try:
        copyfileobj(stream, spool)
    except OSError as error:
        raise DataFault(f"{name} does not fit into a temporary file: {why(error)}") from error
    if stream.fault:
        raise stream.fault
    return spool

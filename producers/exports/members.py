"""What there is to read: one file, the files of a folder, the members of a ZIP archive, or a stream such as stdin.

Everything is read in place and as a stream. Only a ZIP archive that comes as a stream is first written to a temporary
file, for its table of contents is at its end.
"""

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from io import BufferedReader
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO, NamedTuple, TypeAlias

from producers.exports.archives import MAX_MEMBERS, is_archive, open_archive
from producers.exports.streams import named_stream
from schemas.errors import DataFault, UsageFault

Source: TypeAlias = str | os.PathLike[str] | BinaryIO

STDIN = "-"


class Member(NamedTuple):
    """One thing to read. `name` is its place within the source, `label` what a person needs to find it.

    `size` is the number of its bytes, None where it is not known; `path` is there where it is a file of its own.
    """

    name: str
    label: str
    open: Callable[[], AbstractContextManager[BufferedReader]]
    size: int | None = None
    path: Path | None = None


@contextmanager
def members_of(source: Source) -> Iterator[list[Member]]:
    """What can be read of `source`, in a fixed order: numbers in names count as numbers, so 2 comes before 10.

    Raises UsageFault if there is no such file, DataFault if it cannot be opened or is an archive made to do harm.
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
            return [member for file in files_below(path) for member in _file_members(file, stack, path)]
        if path.is_file():
            return _file_members(path, stack)
        if path.exists():
            # A pipe, such as the shell makes of <(…).
            return _stream_members(stack.enter_context(path.open("rb", buffering=0)), path.name, stack)
    except (OSError, ValueError) as error:
        raise DataFault(f"{path} cannot be read: {error}") from error
    raise UsageFault(f"{path} does not exist")


def files_below(folder: Path) -> list[Path]:
    """All files of a folder, in the order of `members_of`.

    Raises DataFault for more than an export can have, and where one cannot be looked at.
    """
    # os.walk does not follow links to folders, so a link to a parent cannot keep it busy.
    found = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    try:
        files = sorted((path for path in found if path.is_file()), key=lambda path: _numbers_as_numbers(str(path)))
    except OSError as error:
        raise DataFault(f"{folder} cannot be read: {error}") from error
    if len(files) > MAX_MEMBERS:
        raise DataFault(f"{folder} has {len(files):,} files; no export has more than {MAX_MEMBERS:,}")
    return files


def _numbers_as_numbers(name: str) -> list[tuple[str, int, str]]:
    # By length, then by digit: int() refuses the number of 5,000 digits that a hostile name may hold.
    return [(text, len(digits), digits) for text, digits in re.findall(r"([^0-9]*)0*([0-9]*)", name)]


def _file_members(path: Path, stack: ExitStack, folder: Path | None = None) -> list[Member]:
    with path.open("rb") as file:
        zipped = is_archive(file.peek())
    name = path.relative_to(folder).as_posix() if folder else path.name
    if not zipped:
        return [Member(name, str(path), partial(_open_file, path), path.stat().st_size, path)]
    prefix = f"{name}/" if folder else ""
    return _archive_members(stack.enter_context(path.open("rb")), str(path), stack, prefix)


def _open_file(path: Path) -> BufferedReader:
    try:
        return named_stream(path.open("rb", buffering=0), str(path))
    except OSError as error:
        raise DataFault(f"{path} cannot be read: {error}") from error


def _archive_members(file: BinaryIO, label: str, stack: ExitStack, prefix: str = "") -> list[Member]:
    archive, found = open_archive(file, label)
    stack.enter_context(archive)
    members = [Member(prefix + member.name, f"{label}: {member.name}", member.open, member.size) for member in found]
    return sorted(members, key=lambda member: _numbers_as_numbers(member.name))


def _stream_members(source: BinaryIO, name: str, stack: ExitStack) -> list[Member]:
    stream = stack.enter_context(named_stream(source, name, keep_open=True))
    if not is_archive(stream.peek()):
        return [Member(name, name, lambda: nullcontext(stream))]
    spool = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 # the stack closes it
    try:
        copyfileobj(stream, spool)
    except OSError as error:
        raise DataFault(f"{name} does not fit into a temporary file: {error}") from error
    return _archive_members(spool, name, stack)

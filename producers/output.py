"""The place that a person names for output: `-` for stdout, a file, a link to one, a pipe, a device.

A link is followed. What is no file is written into. A file keeps its mode and, where we may set it, its owner.
"""

import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from schemas.errors import Fault, UsageFault, refused

STDOUT = "-"


def require_place(name: str) -> None:
    """Raises UsageFault where nothing can be written under that name, as far as can be told without writing."""
    _found(name)


@contextmanager
def whole(name: str) -> Iterator[BinaryIO]:
    """To write all of it or nothing: a file is there, or replaced, once the block has ended well.

    Raises UsageFault where it cannot be opened, Fault where it takes no more.
    """
    found = _found(name)
    is_special = found is not None and not stat.S_ISREG(found.st_mode)
    if _is_stdout(name, found) or is_special:
        with growing(name) as file:
            yield file
        return
    with telling(name, UsageFault):
        path = Path(name).resolve()
        part = path.with_name(f".{secrets.token_hex(8)}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, found.st_mode & 0o777 if found else 0o666)
    try:
        with telling(name), open(descriptor, "wb") as file:
            if found:
                _make_like(descriptor, found)
            yield file
            file.flush()
            os.fsync(descriptor)
        with telling(name, UsageFault):
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def growing(name: str, *, add: bool = False) -> Iterator[BinaryIO]:
    """To write as it comes; what a file held before is replaced, or added to. Raises like `whole`."""
    found = _found(name)
    if _is_stdout(name, found):
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with telling(name, UsageFault):
        file = open(name, "ab" if add else "wb")  # noqa: SIM115 # closed below
    with telling(name), file:
        yield file


@contextmanager
def telling(name: str, kind: type[Fault] = Fault) -> Iterator[None]:
    """What the system refuses inside is a Fault of that kind, which names the place."""
    try:
        yield
    except BrokenPipeError as error:
        raise kind(f"{name} was closed before everything was written") from error
    except OSError as error:
        raise kind(f"{name} cannot be written: {error.strerror}", refused(error).hint) from error


def _found(name: str) -> os.stat_result | None:
    """What is there, at the end of all links. Raises UsageFault for no name, and for a folder."""
    if name == STDOUT:
        return None
    if not name:
        raise UsageFault("the name of the file to write is empty", "is the variable set that holds it?")
    try:
        found = os.stat(name)  # noqa: PTH116 # Path takes "" for a folder, and more of what a person may write
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageFault(f"{name} cannot be written: {error.strerror}") from error
    if stat.S_ISDIR(found.st_mode):
        raise UsageFault(f"{name} is a folder: name a file to write")
    return found


def _is_stdout(name: str, found: os.stat_result | None) -> bool:
    """Also /dev/stdout: opened by that name, a file that stdout was sent to would begin again."""
    return name == STDOUT or (found is not None and os.path.samestat(found, os.fstat(1)))


def _make_like(descriptor: int, found: os.stat_result) -> None:
    with suppress(PermissionError):
        os.fchown(descriptor, found.st_uid, found.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(found.st_mode))

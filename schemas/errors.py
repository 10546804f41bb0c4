"""What can go wrong, by what the person should do about it. The exit code says the same to a script.

    Fault                      1   failed
    ├── UsageFault             2   the command line asks for something impossible
    ├── DataFault              65  a file or an offset is not what it must be; nothing was guessed
    ├── DependencyGone         69  Kafka or Postgres does not answer
    ├── OurFault               70  a state that must not be
    ├── AccessDenied           77  it answers and refuses us
    └── ConfigurationFault     78  a setting, or the schema of the database

Anything that is not a Fault is a bug of ours, exit code 70.
"""

import errno
from typing import ClassVar

from schemas.events import Ending

DONE = 0
FAILED = 1
FINISHED_WITH_REJECTS = 3
BUG = 70
INTERRUPTED = 130


class Fault(Exception):
    """`message` is one sentence that names the thing and its state; `hint` says what to do, where we know it.

    `event` is what a service logs when it ends of this.
    """

    exit_code = 1
    _event: ClassVar[Ending] = "failed"

    def __init__(self, message: str, hint: str = "", event: Ending | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.event: Ending = event or self._event


class UsageFault(Fault):
    """The command line asks for something impossible."""

    exit_code = 2
    _event = "usage_wrong"


class DataFault(Fault):
    """A file or an offset is not what it must be."""

    exit_code = 65
    _event = "data_wrong"


class DependencyGone(Fault):
    """Kafka or Postgres does not answer; the same call may succeed later."""

    exit_code = 69
    _event = "dependency_gone"


class OurFault(Fault):
    """A state that must not be, found in time; a new process may do better."""

    exit_code = BUG
    _event = "bug"


class AccessDenied(Fault):
    """Kafka or Postgres answers and refuses us."""

    exit_code = 77
    _event = "access_denied"


class ConfigurationFault(Fault):
    """A setting is wrong, or the schema of the database is not the one this version needs."""

    exit_code = 78
    _event = "configuration_wrong"


def refused(error: OSError) -> Fault:
    """What the system refuses, as a Fault that names the file where the error does."""
    named = "" if error.filename is None else f"{error.filename}: "
    return Fault(f"{named}{error.strerror or error}", "free some disk space" if is_disk_full(error) else "")


def is_disk_full(error: OSError) -> bool:
    """Whether a disk takes no more, or the share of it that this user may fill."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)

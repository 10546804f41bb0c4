"""The Java that Kafka needs."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from deploy.local.account import Account, may_enter

OLDEST = 17


class Java(NamedTuple):
    """A `java` program and its full version, such as 17.0.15."""

    program: Path
    version: str


def find_java(account: Account | None) -> Java | None:
    """The Java of JAVA_HOME or of PATH, if it is new enough and the servers' user may run it."""
    for program in _candidates():
        if may_enter(program, account):
            version = _version(program)
            if version and int(version.split(".")[0]) >= OLDEST:
                return Java(program, version)
    return None


def _candidates() -> Iterator[Path]:
    home = os.environ.get("JAVA_HOME")
    if home:
        yield Path(home) / "bin" / "java"
    found = shutil.which("java")
    if found:
        yield Path(found)


def _version(program: Path) -> str | None:
    done = subprocess.run([program, "-version"], check=False, capture_output=True, text=True)
    found = re.search(r'version "([0-9][0-9.]*)', done.stderr)
    return found[1] if found else None

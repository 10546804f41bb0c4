"""What would break if this Python environment were removed; run as a program, it prints a line for each."""

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from deploy.local.supervisor import MODULE
from schemas.settings import PREFIX


def dependents(prefix: Path) -> Iterator[str]:
    """Each process that runs from this environment, but for the caller: for a stack, the command that stops it."""
    for process in psutil.process_iter(["pid", "cmdline"]):
        command: list[str] = process.info["cmdline"] or []
        if process.pid == os.getpid() or not command or not Path(command[0]).is_relative_to(prefix):
            continue
        if MODULE in command:
            yield f"  a stack; stop it: {PREFIX}DATA={shlex.quote(command[-1])} {prefix}/bin/scrobbles down"
        else:
            yield f"  {process.pid}: {' '.join(command)}"


if __name__ == "__main__":
    for line in sorted(dependents(Path(sys.prefix))):
        print(line)  # noqa: T201 - this is its answer

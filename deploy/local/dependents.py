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
    found = [process for process in psutil.process_iter(["cmdline", "ppid"]) if _runs_from(prefix, process)]
    supervisors = {process.pid for process in found if MODULE in process.info["cmdline"]}
    for process in found:
        command = process.info["cmdline"]
        if process.pid in supervisors:
            yield f"  a stack; stop it: {PREFIX}DATA={shlex.quote(command[-1])} {prefix}/bin/scrobbles down"
        elif process.info["ppid"] not in supervisors:
            yield f"  {process.pid}: {' '.join(command)}"


def _runs_from(prefix: Path, process: psutil.Process) -> bool:
    command: list[str] = process.info["cmdline"] or [""]
    return process.pid != os.getpid() and Path(command[0]).is_relative_to(prefix)


if __name__ == "__main__":
    for line in sorted(dependents(Path(sys.prefix))):
        print(line)  # noqa: T201 - this is its answer

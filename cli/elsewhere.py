"""A stack that runs in the checkout, while this command looks at another data folder."""

import shlex
from pathlib import Path

from cli.console import say
from cli.wiring import settings
from deploy.local.stack import processes_of
from schemas.errors import Fault
from schemas.settings import PREFIX

# What `make demo` uses.
FOLDER = ".scrobbles"


def stack_elsewhere() -> str:
    """How to use it, in two lines; empty where there is none, or where this command has a database or a Kafka."""
    try:
        chosen, here = settings(), Path.cwd()
    except (Fault, OSError):  # such as a working folder that was deleted
        return ""
    if chosen.kafka or chosen.database_url:
        return ""
    checkouts = dict.fromkeys([here, *here.parents, Path(__file__).parents[1]])
    for folder in (checkout / FOLDER for checkout in checkouts):
        if folder != chosen.data and _is_running(folder):
            return f"a stack runs in {folder}; to use it:\n  export {PREFIX}DATA={shlex.quote(str(folder))}"
    return ""


def say_stack_elsewhere() -> None:
    """The same as a line of its own, if there is one."""
    for line in stack_elsewhere().splitlines():
        say(line)


def _is_running(data: Path) -> bool:
    try:
        return any(process.is_running() for process in processes_of(data))
    except OSError:
        return False

"""The verbs, in the two groups that `scrobbles --help` shows, and how the module of one is found."""

import difflib
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from schemas.errors import UsageFault

GROUPS = {
    "Everyday": {
        "up": "Start Kafka, Postgres and the workers on this machine.",
        "import": "Import your listening history from export files.",
        "status": "Show whether all is well, and what to do if not.",
        "top": "Show what you play most.",
        "recent": "Show what you played last.",
        "jobs": "List your imports; show, resume or undo one.",
        "export": "Write all your plays to a file.",
        "psql": "Open your database.",
        "user": "The people whose plays are kept.",
        "doctor": "Check what this machine lacks, with the fix.",
        "service": "Start at boot.",
        "down": "Stop what `up` started; the data stays.",
    },
    "Operators": {
        "verify": "Prove that nothing is lost and nothing doubled.",
        "config": "Show the settings and where each came from.",
        "consume": "Run one consumer worker in the foreground.",
        "migrate": "Bring the schema of the database up to date.",
        "topics": "Create the topics and report drift.",
        "offsets": "Show where the group stands; get past a gap.",
        "dead": "Messages that could not become a play.",
    },
}
VERBS = [verb for verbs in GROUPS.values() for verb in verbs]
# A module cannot be called so.
_MODULES = {"import": "import_file"}


class Verbs(TyperGroup):
    """Loads the module of a verb when that verb is asked for: loading all of them would cost every command 0.2 s."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All verbs, in the order of the help."""
        _ = ctx
        return VERBS

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a verb. Raises UsageFault for a verb that does not exist."""
        if cmd_name in VERBS:
            # Under a root of its own, so that it takes over the plain style of help.
            root = typer.Typer(rich_markup_mode=None)
            root.add_typer(import_module(f"cli.{_MODULES.get(cmd_name, cmd_name)}").app)
            return typer.main.get_group(root).commands[cmd_name]
        if ctx.resilient_parsing or cmd_name.startswith("-"):
            return None
        close = difflib.get_close_matches(cmd_name, VERBS, n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else "`scrobbles --help` lists all verbs"
        raise UsageFault(f"there is no verb {cmd_name}", hint)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The verbs of each group with one line each."""
        _ = ctx
        for title, verbs in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl(list(verbs.items()))

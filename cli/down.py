"""`scrobbles down`: stops what `scrobbles up` started."""

from typing import Annotated

import typer

from cli.console import confirm, say
from cli.elsewhere import say_stack_elsewhere
from cli.wiring import settings
from deploy.local.ownership import is_stack
from deploy.local.stack import processes_of, stop
from schemas.errors import UsageFault

app = typer.Typer()


@app.command()
def down(
    purge: Annotated[
        bool, typer.Option("--purge", help="Delete the data too: the database, the topics, the logs.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop the workers, Kafka and Postgres, gracefully, in the reverse order of their start.

    Example: scrobbles down --purge --yes
    """
    data = settings().data
    if not data.exists():
        say(f"there is nothing to stop: {data} does not exist")
        say_stack_elsewhere()
        return
    if purge and not is_stack(data):
        raise UsageFault(f"{data} never held a stack: nothing was deleted", "is SCROBBLES_DATA the folder you mean?")
    if purge and not yes:
        confirm(f"Delete all plays stored under {data}?")
    ran = any(process.is_running() for process in processes_of(data))
    stop(data, say, purging=purge)
    say("everything is stopped" + (" and deleted" if purge else ""))
    if not ran:
        say_stack_elsewhere()

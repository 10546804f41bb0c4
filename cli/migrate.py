"""`scrobbles migrate`: the schema of the database to what this version needs."""

import typer

from cli.console import say
from cli.wiring import database_url, settings
from sql import migrate as migrations

app = typer.Typer()


@app.command()
def migrate() -> None:
    """Bring the schema of the database to what this version needs; nothing to do is fine.

    Example: scrobbles migrate
    """
    applied = migrations.migrate(database_url(settings()))
    for name in applied:
        say(f"applied {name}")
    if not applied:
        say("the schema is what this version needs")

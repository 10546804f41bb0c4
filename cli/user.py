"""`scrobbles user`: the people whose plays are kept."""

from typing import Annotated

import typer

import sql
from cli.console import complain, confirm, emit_json, out, say, table
from cli.importing import stoppable
from cli.progress import watching
from cli.wiring import connected, database_url, person, settings
from producers import people
from producers.jobs.database import Database
from producers.jobs.progress import Cancelled
from schemas.errors import INTERRUPTED, UsageFault
from schemas.person import name_of

app = typer.Typer()
user = typer.Typer(help="The people whose plays are kept.", no_args_is_help=True)
app.add_typer(user, name="user")


@user.command()
def add(name: Annotated[str, typer.Argument(metavar="NAME", hidden=True)]) -> None:
    """Add a person.

    An import adds the person it is for by itself.

    Example: scrobbles user add anna
    """
    name = name_of(name)
    with connected() as connection:
        if connection.execute(sql.read("add_user"), (name,)).fetchone() is None:
            raise UsageFault(f"there is already a person called {name}")
    say(f"{name} added")


@user.command()
def rename(
    old: Annotated[str, typer.Argument(metavar="OLD", hidden=True)],
    new: Annotated[str, typer.Argument(metavar="NEW", hidden=True)],
) -> None:
    """Give a person another name.

    Plays and imports stay, and are found under the new name.

    Example: scrobbles user rename me anna
    """
    old, new = person(old), name_of(new)
    with connected() as connection:
        people.rename(connection, old, new)
    say(f"{old} is called {new} now")


@user.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", hidden=True)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a person and all their plays.

    Their imports and dead letters go too.

    All that waits in Kafka is stored first, so that nothing arrives afterwards. The messages stay in Kafka, but no
    worker stores them again.

    Example: scrobbles user remove demo
    """
    name, chosen = person(name), settings()
    with connected(chosen) as connection:
        plays = people.plays_of(connection, name)
    if not yes:
        confirm(f"Remove {name} with {plays:,} plays for good?")
    try:
        with watching(name, chosen) as watch, stoppable(watch) as stopping:
            database = Database(database_url(chosen), stopping)
            try:
                removed = people.remove(database, chosen, name, stopping)
            finally:
                database.close()
    except Cancelled:
        complain(f"stopped; `scrobbles user remove {name}` continues")
        raise typer.Exit(INTERRUPTED) from None
    say(f"{name} was removed, with {removed:,} plays")


@user.command(name="list")
def list_(json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Show everyone, with the number of their plays.

    Example: scrobbles user list
    """
    with connected() as connection:
        rows = connection.execute(sql.read("list_users")).fetchall()
    if json:
        emit_json([{"id": id_, "name": name, "listens": listens} for id_, name, listens in rows])
        return
    shown = table("person", "plays", right=("plays",))
    for _, name, listens in rows:
        shown.add_row(name, f"{listens:,}")
    out.print(shown)

"""`scrobbles user`: the people whose plays are kept."""

from typing import Annotated

import typer

import sql
from cli.console import emit_json, out, say, table
from cli.wiring import connected, require_name
from schemas.errors import UsageFault

app = typer.Typer()
user = typer.Typer(help="The people whose plays are kept.", no_args_is_help=True)
app.add_typer(user, name="user")


@user.command()
def add(name: Annotated[str, typer.Argument(metavar="NAME", hidden=True)]) -> None:
    """Add a person.

    An import adds the person it is for by itself.

    Example: scrobbles user add anna
    """
    require_name(name)
    with connected() as connection:
        if connection.execute(sql.read("add_user"), (name,)).fetchone() is None:
            raise UsageFault(f"there is already a person called {name}")
    say(f"{name} added")


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

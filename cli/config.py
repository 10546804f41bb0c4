"""`scrobbles config`: which settings are in force, and where each came from."""

from typing import Annotated

import typer

from cli.console import emit_json, out, visible
from cli.wiring import loaded
from schemas.settings import KAFKA, masked, plain

app = typer.Typer()
config = typer.Typer(help="The settings in force, and where each came from.", no_args_is_help=True)
app.add_typer(config, name="config")


@config.command()
def show(
    secrets: Annotated[bool, typer.Option("--secrets", help="Show passwords too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Show the settings and where each came from.

    Passwords are masked unless --secrets is given: then any client of Postgres opens your database with the value of
    database_url.

    Example: scrobbles config show --secrets
    """
    merged = loaded()
    values = plain(merged.settings) if secrets else masked(merged.settings)
    values |= {f"{KAFKA}.{name}": value for name, value in values.pop(KAFKA).items()}  # type: ignore[attr-defined]
    origins = {name: merged.origins.get(name, "default") for name in values}
    if json:
        emit_json({name: {"value": value, "origin": origins[name]} for name, value in values.items()})
        return
    width = max(map(len, values))
    for name, value in values.items():
        # Not folded, so that a long address can be copied as a whole.
        told = "-" if value is None else visible(str(value))
        out.print(f"{name:<{width}}  {told}  ({origins[name]})", soft_wrap=True)

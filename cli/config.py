"""`scrobbles config`: which settings are in force, and where each came from."""

from typing import Annotated

import typer

from cli.console import emit_json, out, table
from cli.wiring import loaded
from schemas.settings import KAFKA, masked

app = typer.Typer()
config = typer.Typer(help="The settings in force, and where each came from.", no_args_is_help=True)
app.add_typer(config, name="config")


@config.command()
def show(json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Show the merged settings; secrets are masked.

    Example: scrobbles config show
    """
    merged = loaded()
    values = masked(merged.settings)
    values |= {f"{KAFKA}.{name}": value for name, value in values.pop(KAFKA).items()}  # type: ignore[attr-defined]
    origins = {name: merged.origins.get(name, "default") for name in values}
    if json:
        emit_json({name: {"value": value, "origin": origins[name]} for name, value in values.items()})
        return
    shown = table("setting", "value", "from")
    for name, value in values.items():
        shown.add_row(name, "-" if value is None else str(value), origins[name])
    out.print(shown)

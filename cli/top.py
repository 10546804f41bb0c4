"""`scrobbles top`: what a person plays most."""

from typing import Annotated, Literal

import typer
from psycopg.rows import dict_row

import sql
from cli.console import emit_json, out, table
from cli.moments import DATE, Moment, moment
from cli.wiring import DEFAULT_USER, connected, user_id

app = typer.Typer()

_STATEMENTS = {"artists": "top_artists", "albums": "top_albums", "tracks": "top_tracks"}


@app.command()
def top(
    what: Annotated[Literal["artists", "albums", "tracks"], typer.Argument(help="What to rank.")],
    user: Annotated[str, typer.Option(help="Whose plays.")] = DEFAULT_USER,
    since: Annotated[Moment, typer.Option(parser=moment, metavar=DATE, help="Only plays from then on (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Show what a person plays most.

    Example: scrobbles top artists --since 2024-01-01 --limit 20
    """
    with connected() as connection:
        values = {"user": user_id(connection, user), "since": since, "limit": limit}
        rows = connection.cursor(row_factory=dict_row).execute(sql.read(_STATEMENTS[what]), values).fetchall()
    if json:
        emit_json(rows)
        return
    names = [name for name in (rows[0] if rows else {}) if name != "plays"]
    shown = table("", "plays", *names, right=("", "plays"))
    for place, row in enumerate(rows, 1):
        shown.add_row(str(place), f"{row['plays']:,}", *(row[name] or "" for name in names))
    out.print(shown if rows else "no plays")

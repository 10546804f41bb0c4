"""`scrobbles recent`: what a person played last."""

from typing import Annotated

import typer
from psycopg.rows import dict_row

import sql
from cli.console import emit_json, out, table
from cli.wiring import DEFAULT_USER, connected, user_id

app = typer.Typer()


@app.command()
def recent(
    user: Annotated[str, typer.Option(help="Whose plays.")] = DEFAULT_USER,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Show what a person played last.

    Example: scrobbles recent --limit 20
    """
    with connected() as connection:
        user_id(connection, user)
        values = {"user": user, "limit": limit}
        rows = connection.cursor(row_factory=dict_row).execute(sql.read("recent"), values).fetchall()
    if json:
        emit_json(rows)
        return
    shown = table("when (UTC)", "track", "artist", "album")
    for row in rows:
        when = f"{row['listened_at']:%Y-%m-%d %H:%M}"
        shown.add_row(when, row["track"], ", ".join(row["artists"]), row["album"] or "")
    out.print(shown if rows else "no plays")

"""`scrobbles recent`: what a person played last."""

from typing import Annotated

import typer
from psycopg.rows import dict_row

import sql
from cli.console import emit_json, out, table
from cli.moments import DATE, Clock, Moment, Utc, Zone, moment
from cli.wiring import DEFAULT_USER, connected, person, user_id

app = typer.Typer()


@app.command()
def recent(
    user: Annotated[str, typer.Option(parser=person, metavar="NAME", help="Whose plays.")] = DEFAULT_USER,
    since: Annotated[Moment, typer.Option(parser=moment, metavar=DATE, help="Only plays from then on.")] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many.")] = 10,
    zone: Zone = None,
    utc: Utc = False,
    json: Annotated[bool, typer.Option("--json", help="For scripts; times in UTC.")] = False,
) -> None:
    """Show what a person played last.

    Example: scrobbles recent --limit 20
    """
    clock = Clock(zone, utc=utc)
    with connected() as connection:
        user_id(connection, user)
        values = {"user": user, "since": clock.instant(since), "limit": limit}
        rows = connection.cursor(row_factory=dict_row).execute(sql.read("recent"), values).fetchall()
    if json:
        emit_json(rows)
        return
    when = f"when ({clock.name})"
    shown = table(when, "track", "artist", "album", drop=("album",), whole=(when,))
    for row in rows:
        shown.add_row(clock.shown(row["listened_at"]), row["track"], ", ".join(row["artists"]), row["album"] or "")
    out.print(shown if rows else "no plays")

"""`scrobbles top`: what a person plays most."""

from typing import Annotated, Literal

import typer
from psycopg.rows import dict_row

import sql
from cli.console import emit_json, out, say, table
from cli.moments import DATE, Clock, Moment, Utc, Zone, moment
from cli.wiring import DEFAULT_USER, connected, person, user_id
from schemas.person import EVERYONE

app = typer.Typer()

_STATEMENTS = {"artists": "top_artists", "albums": "top_albums", "tracks": "top_tracks"}
_WHAT = "|".join(_STATEMENTS)


@app.command()
def top(
    what: Annotated[Literal["artists", "albums", "tracks"], typer.Argument(metavar=_WHAT, hidden=True)],
    user: Annotated[
        str, typer.Option(parser=person, metavar="NAME", help="Whose plays; `all` is everyone.")
    ] = DEFAULT_USER,
    since: Annotated[Moment, typer.Option(parser=moment, metavar=DATE, help="Only plays from then on.")] = None,
    until: Annotated[Moment, typer.Option(parser=moment, metavar=DATE, help="Only plays before then.")] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many.")] = 10,
    zone: Zone = None,
    utc: Utc = False,
    json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Show what a person plays most.

    Example: scrobbles top artists --since 2024-01-01 --limit 20
    """
    clock = Clock(zone, utc=utc)
    window = {"since": clock.instant(since), "until": clock.instant(until)}
    with connected() as connection:
        values = {"user": None if user == EVERYONE else user_id(connection, user), "limit": limit, **window}
        rows = connection.cursor(row_factory=dict_row).execute(sql.read(_STATEMENTS[what]), values).fetchall()
    if json:
        emit_json(rows)
        return
    for word, at in window.items():
        if at:
            say(f"{word} {clock.shown(at)} ({clock.name})")
    names = [name for name in (rows[0] if rows else {}) if name != "plays"]
    shown = table("", "plays", *names, right=("", "plays"))
    for place, row in enumerate(rows, 1):
        shown.add_row(str(place), f"{row['plays']:,}", *(row[name] or "" for name in names))
    out.print(shown if rows else "no plays")

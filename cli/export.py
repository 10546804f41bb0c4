"""`scrobbles export`: everything back out."""

from typing import Annotated

import typer

from cli.console import say
from cli.wiring import DEFAULT_USER, connected, person, user_id
from producers.exports.writing import WRITERS, WrittenFormat
from producers.history import write_history
from producers.output import STDOUT, whole

app = typer.Typer()


@app.command()
def export(
    user: Annotated[str, typer.Option(parser=person, metavar="NAME", help="Whose plays.")] = DEFAULT_USER,
    format_: Annotated[WrittenFormat, typer.Option("--format", help="Only ours keeps everything.")] = "scrobbles",
    output: Annotated[str, typer.Option(metavar="FILE", help="The file to write; - is stdout.")] = STDOUT,
) -> None:
    """Write all plays of a person, oldest first: to keep them, or to take them elsewhere.

    A file appears once it is complete; a pipe or a device is written as the plays come. `scrobbles import` reads every
    format that this writes.

    Example: scrobbles export --format listenbrainz --output plays.jsonl
    """
    with connected() as connection:
        person = user_id(connection, user)
        with whole(output) as file:
            plays = write_history(connection, (person, user), WRITERS[format_], file)
    say(f"{plays:,} plays written{'' if output == STDOUT else f' to {output}'}")

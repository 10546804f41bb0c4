"""`scrobbles topics`: the topics as they must be."""

import typer

from cli.console import say
from cli.wiring import settings
from schemas.ensuring import ensure_topics

app = typer.Typer()
topics = typer.Typer(help="The topics as they must be.", no_args_is_help=True)
app.add_typer(topics, name="topics")


@topics.command()
def ensure() -> None:
    """Create the topics that are missing.

    One that is not as it should be is reported, with exit code 1; nothing that exists is changed.

    Example: scrobbles topics ensure
    """
    created, drift = ensure_topics(settings())
    for line in [*created, *drift] or ["all topics are as they should be"]:
        say(line)
    raise typer.Exit(int(bool(drift)))

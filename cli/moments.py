"""How a person writes a moment on the command line."""

import datetime as dt
from typing import TypeAlias

import typer

# How the help shows it.
DATE = "2024-01-31[T18:30]"
_FORMS = "2024-01-31, 2024-01-31T18:30 or 2024-01-31T18:30+01:00; without a zone it is UTC"

Moment: TypeAlias = dt.datetime | None


def moment(text: str) -> dt.datetime:
    """The moment that a date means, with or without a time of day and a zone. Raises typer.BadParameter."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date. Write it as {_FORMS}") from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)

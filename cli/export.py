"""`scrobbles export`: everything back out."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from cli.console import say
from cli.wiring import DEFAULT_USER, connected, user_id
from producers.exports.writing import WRITERS, WrittenFormat
from producers.history import write_history
from schemas.errors import UsageFault

app = typer.Typer()


@app.command()
def export(
    user: Annotated[str, typer.Option(help="Whose plays.")] = DEFAULT_USER,
    format_: Annotated[WrittenFormat, typer.Option("--format", help="Only ours keeps everything.")] = "scrobbles",
    output: Annotated[Path | None, typer.Option(help="The file to write; else stdout.")] = None,
) -> None:
    """Write all plays of a person, oldest first: to keep them, or to take them elsewhere.

    A file is there when it is complete, and not before. `scrobbles import` reads every format that this writes.

    Example: scrobbles export --format listenbrainz --output plays.jsonl
    """
    with connected() as connection:
        person = user_id(connection, user)
        try:
            with _written(output) as file:
                plays = write_history(connection, (person, user), WRITERS[format_], file)
                file.flush()
        except BrokenPipeError:
            # Whoever reads has seen enough. Python would complain again when it closes stdout.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        except OSError as error:
            raise UsageFault(f"{output or 'stdout'} cannot be written: {error.strerror}") from error
    say(f"{plays:,} plays written{f' to {output}' if output else ''}")


@contextmanager
def _written(output: Path | None) -> Iterator[BinaryIO]:
    """Stdout, or a file that takes its name when the block has ended well."""
    if output is None:
        yield sys.stdout.buffer
        return
    growing = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with growing.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        growing.replace(output)
    finally:
        growing.unlink(missing_ok=True)

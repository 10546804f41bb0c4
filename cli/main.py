"""Finds the verb, runs it, and turns what went wrong into one sentence and an exit code."""

import os
import sys
import traceback
from importlib import import_module
from typing import Annotated

import typer

from cli import streams
from cli.console import complain, out
from schemas import failpoints
from schemas.errors import BUG, DONE, INTERRUPTED, Fault, refused
from schemas.settings import APPLICATION

# Verb to module. Only the module of the verb that was typed is imported: all of them would cost 0.2 s.
VERBS = {
    "up": "up",
    "down": "down",
    "status": "status",
    "doctor": "doctor",
    "config": "config",
    "migrate": "migrate",
    "topics": "topics",
    "import": "import_file",
    "jobs": "jobs",
    "consume": "consume",
    "verify": "verify",
    "dead": "dead",
    "offsets": "offsets",
    "top": "top",
    "recent": "recent",
    "export": "export",
    "user": "user",
}
_VERSION = "--version"


def build(verb: str | None) -> typer.Typer:
    """The command line for one verb, or for all of them where the verb is unknown or help is wanted."""
    app = typer.Typer(
        name="scrobbles",
        help="Listening history, from export files and live players, through Kafka into a Postgres you own.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode="rich",
    )
    app.callback()(_options)
    names = [VERBS[verb]] if verb in VERBS else [] if verb == _VERSION else VERBS.values()
    for name in names:
        app.add_typer(import_module(f"cli.{name}").app)
    return app


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - 20 ms, which no other verb shall pay

        out.print(f"scrobbles {version(APPLICATION)}")
        raise typer.Exit


def _options(
    _: Annotated[
        bool, typer.Option(_VERSION, callback=_tell_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """What may stand before a verb; it also keeps the verb a word of its own when only one is loaded."""


def main() -> None:
    """The `scrobbles` command."""
    streams.in_utf8()
    streams.guard()
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except Fault as fault:
        complain(fault.message)
        code = code or fault.exit_code
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; nothing escapes. A verb returns its own by `raise typer.Exit`."""
    try:
        failpoints.arm(os.environ)
        build(arguments[0] if arguments else None)(arguments, prog_name="scrobbles")
    except Fault as fault:
        complain(fault.message, fault.hint)
        return fault.exit_code
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    except OSError as error:
        # A disk that is full, a folder that is closed to us: what the system refuses is no bug, wherever it is met.
        met = refused(error)
        complain(met.message, met.hint)
        return met.exit_code
    except Exception:  # noqa: BLE001 - the last frame: whatever arrives here is our bug, and is reported as one
        traceback.print_exc()
        complain("this is a bug of scrobbles, not of your data", "please report it with the lines above")
        return BUG
    return DONE

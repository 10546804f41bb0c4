"""Finds the verb, runs it, and turns what went wrong into one sentence and an exit code."""

import os
import sys
import traceback
from typing import Annotated

import typer

from cli import streams
from cli.console import complain, err, out
from cli.verbs import VERBS, Verbs
from schemas import failpoints
from schemas.errors import BUG, DONE, FAILED, INTERRUPTED, DependencyGone, Fault, refused
from schemas.settings import APPLICATION


def build() -> typer.Typer:
    """The command line; the module of a verb is loaded when that verb is asked for."""
    app = typer.Typer(
        name="scrobbles",
        help="Listening history, from export files and live players, through Kafka into a Postgres you own.",
        epilog="`scrobbles VERB --help` shows what a verb takes, with an example.",
        cls=Verbs,
        subcommand_metavar="VERB [ARGS]...",
        context_settings={"help_option_names": ["-h", "--help"]},
        # Plain text wraps well on a terminal of any width; boxes do not.
        rich_markup_mode=None,
    )
    app.callback()(_options)
    return app


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - 20 ms, which no other verb shall pay

        out.print(f"scrobbles {version(APPLICATION)}")
        raise typer.Exit


def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """What may stand before a verb."""


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
        code = build()(arguments or ["--help"], prog_name="scrobbles", standalone_mode=False)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    except BaseException as error:  # noqa: BLE001 - the last frame
        return _failed(error, arguments)
    return code if isinstance(code, int) else DONE


def _failed(error: BaseException, arguments: list[str]) -> int:
    """Say what went wrong, and return the exit code."""
    match error:
        case Fault():
            complain(error.message, "\n".join(filter(None, [error.hint, _elsewhere(error)])))
            return error.exit_code
        case typer.TyperException():
            return _misused(error, arguments)
        case typer.Abort():
            complain("nothing was done")
            return FAILED
        case KeyboardInterrupt():
            complain("interrupted")
            return INTERRUPTED
        case OSError():  # a full disk, a closed folder: what the system refuses is no bug, wherever it is met
            return _failed(refused(error), arguments)
        case _:  # whatever arrives here is our bug, and is reported as one
            traceback.print_exception(error)
            complain("this is a bug of scrobbles, not of your data", "please report it with the lines above")
            return BUG


def _elsewhere(fault: Fault) -> str:
    """Another stack that the person may mean, where this one does not run."""
    if not isinstance(fault, DependencyGone):
        return ""
    from cli.elsewhere import stack_elsewhere  # noqa: PLC0415 - only now, for its imports take time

    return stack_elsewhere()


def _misused(error: typer.TyperException, arguments: list[str]) -> int:
    """A command line that cannot be understood is reported like every other error; a group alone shows its help."""
    message = error.format_message().replace("Value error, ", "")
    context: typer.Context | None = getattr(error, "ctx", None)
    if context is not None and message == context.get_help():
        err.print(message, markup=False)
        return error.exit_code
    verb = " ".join(["scrobbles", *(each for each in arguments[:1] if each in VERBS)])
    path = context.command_path if context is not None else verb
    complain(message[:1].lower() + message[1:].rstrip("."), f"`{path} --help` shows what it takes")
    return error.exit_code

"""How a service logs: one line per event on stderr, as text or as JSON. The events are those of schemas/events.py."""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias

import orjson
import structlog
import typer

from schemas.errors import BUG, DONE, Fault, OurFault
from schemas.events import Event
from schemas.settings import Settings

Level: TypeAlias = Literal["debug", "info", "warning", "error"]


def configure_logs(settings: Settings) -> None:
    """Set up structlog, once, at the start of a service. librdkafka's own lines appear at level debug only."""
    level = logging.getLevelNamesMapping()[settings.log.upper()]
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    logging.getLogger("librdkafka").setLevel(logging.DEBUG if level == logging.DEBUG else logging.CRITICAL)
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event).decode())
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def log(level: Level, event: Event, **facts: object) -> None:
    """One line. `facts` are numbers, addresses and sentences of ours: never a secret, never the name of a play."""
    getattr(structlog.get_logger(), level)(event, **facts)


@contextmanager
def last_word(settings: Settings) -> Iterator[None]:
    """Has a service say how it ends: one event, with the exit code; for people the sentence follows as everywhere."""
    try:
        yield
    except Fault as fault:
        log("error", fault.event, exit_code=fault.exit_code, reason=fault.message, hint=fault.hint)
        if settings.log_format == "text":
            raise
        raise typer.Exit(fault.exit_code) from fault  # a sentence of its own would be no JSON
    except Exception as error:
        # Where it happened, not what the error says: that may hold the name of a play, or a password.
        where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
        reason = f"{type(error).__name__} in {where[-1]}"
        log("error", "bug", exit_code=BUG, reason=reason, where=where)
        if settings.log_format == "text":
            raise OurFault(reason, "this is a bug of scrobbles: please report it with the line above") from error
        raise typer.Exit(BUG) from error
    log("info", "stopped", exit_code=DONE)

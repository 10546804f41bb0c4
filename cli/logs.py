"""How a service logs: one line per event on stderr, as text or as JSON."""

import logging
import sys

import orjson
import structlog

from schemas.settings import Settings


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

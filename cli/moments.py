"""Times as people write and read them: in the zone of this machine or of TZ, or in the one that a flag names.

clock = Clock(zone, utc=utc)     # `zone: Zone = None, utc: Utc = False` are the flags
clock.instant(since)             # `since: Moment` as it was typed -> an aware datetime
clock.shown(when), clock.name    # "2024-01-31 18:30", "Europe/Berlin"
"""

import datetime as dt
import difflib
import os
import time
import zoneinfo
from pathlib import Path
from typing import Annotated, NamedTuple, TypeAlias

import typer

from schemas.errors import UsageFault

# How the help shows it.
DATE = "2024-01-31[T18:30]"
_FORMS = "2024-01-31, 2024-01-31T18:30 or 2024-01-31T18:30+01:00; without an offset it is in the zone of this machine"


class Written(NamedTuple):
    """A moment as it was typed; what it means depends on the zone unless it tells an offset. See `Clock.instant`."""

    moment: dt.datetime


Moment: TypeAlias = Written | None
Zone = Annotated[
    str | None, typer.Option("--zone", metavar="ZONE", help="The zone of all times, such as Europe/Berlin.")
]
Utc = Annotated[bool, typer.Option("--utc", help="All times in UTC.")]


def moment(text: str) -> Written:
    """A date, with or without a time of day and an offset. Raises typer.BadParameter."""
    try:
        return Written(dt.datetime.fromisoformat(text))
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no date. Write it as {_FORMS}") from None


class Clock:
    """Reads and shows times in one zone: UTC, the named one, or that of this machine, which TZ overrides.

    Raises UsageFault for a name that is no zone.
    """

    def __init__(self, name: str | None = None, *, utc: bool = False) -> None:
        # Without a zone the C library converts: TZ may hold a rule instead of a name.
        self._zone = dt.UTC if utc else _named(name) if name else _loaded(_name_of_here())
        self.name = "UTC" if utc else name or (_name_of_here() if self._zone else "/".join(dict.fromkeys(time.tzname)))

    def instant(self, written: Moment) -> dt.datetime | None:
        """What was typed as an aware datetime; a date alone is its midnight."""
        if written is None or written.moment.tzinfo:
            return written and written.moment
        return written.moment.replace(tzinfo=self._zone) if self._zone else written.moment.astimezone()

    def shown(self, when: dt.datetime) -> str:
        """The day and the minute; the zone is told once, in a heading."""
        return f"{when.astimezone(self._zone):%Y-%m-%d %H:%M}"

    def day(self, when: dt.datetime) -> str:
        """The day alone."""
        return f"{when.astimezone(self._zone):%Y-%m-%d}"


def _name_of_here() -> str:
    told = os.environ.get("TZ", "/etc/localtime").removeprefix(":")
    if told.startswith("/"):
        told = str(Path(told).resolve()).rpartition("/zoneinfo/")[2]
    return "UTC" if told in ("", "Etc/UTC") else told


def _loaded(name: str) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _named(name: str) -> zoneinfo.ZoneInfo:
    found = _loaded(name)
    if found is None:
        known = {each.casefold(): each for each in zoneinfo.available_timezones()}
        close = difflib.get_close_matches(name.casefold().replace(" ", "_"), known, n=1)
        hint = f"did you mean {known[close[0]]}?" if close else "zones have names such as Europe/Berlin"
        raise UsageFault(f"there is no time zone {name}", hint)
    return found

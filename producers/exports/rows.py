"""What every format means by a time, a length and a name, and what becomes of a row that has none.

Sources: ListenBrainz for the bounds of a time, and what exports were seen to hold for the rest.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeAlias, TypeVar

from producers.exports.opened import Opened, Rules
from schemas.identity import normalise
from schemas.listen import EARLIEST, MAX_MS, NAME_CHARACTERS, Ids, Listen, Reason, Skipped, Track

# Longer is a fault of the file, not a play: ListenBrainz takes 10 kB a listen. It also bounds what a reader holds.
MAX_ROW_BYTES = 1_048_576
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Seconds until the year 5138; what is larger was written in milli-, micro- or nanoseconds.
_UNITS = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3))
_DIGITS = 20
# A number of seconds since 2001 has so many.
_SECOND_DIGITS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_SECONDS = 86_400

Row = TypeVar("Row")
# How a length comes; `milliseconds` makes it one.
Scalar: TypeAlias = int | float | str | None


class Refused(Exception):
    """A row is no listen. It never leaves this package: the caller sees Skipped."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def outcomes(
    source: Opened, rows: Iterable[tuple[int, Row]], parse: Callable[[Row, Rules], Listen]
) -> Iterator[Listen | Skipped]:
    """One item per numbered row, in order: what `parse` made of it, or the reason why it refused."""
    rules, place = source.rules, source.place
    for number, row in rows:
        place.row = number
        outcome: Listen | Skipped
        try:
            outcome = parse(row, rules)
        except Refused as refusal:
            outcome = Skipped(refusal.reason, number, source.name, row)
        yield outcome


def epoch_seconds(value: object, rules: Rules) -> int:
    """The time of a play in whole seconds, from seconds, milli-, micro- or nanoseconds, told apart by magnitude.

    Numbers and strings of digits count, fractions are cut off. Raises Refused: bad_time, too_early, too_late,
    outside_window.
    """
    if type(value) is str and len(value) == _SECOND_DIGITS and value.isascii() and value.isdigit():
        value = int(value)
    if type(value) is int and rules.since <= value < rules.until and EARLIEST <= value <= rules.latest:
        return value
    return within(epoch(value), rules)


def epoch(value: object) -> int:
    """What epoch_seconds makes of a value, whatever the bounds of a play are. Raises Refused("bad_time")."""
    number = _whole(value)
    if number is None or number < 0:
        raise Refused("bad_time")
    for smallest, divisor in _UNITS:
        if number >= smallest:
            return number // divisor
    return number


def iso_epoch(value: object) -> int:
    """Whole seconds from a time such as 2024-02-03T10:11:12Z, in UTC unless it names another zone, fractions cut off.

    Raises Refused("bad_time").
    """
    try:
        moment = datetime.fromisoformat(value)  # type: ignore[arg-type] # what is no text raises TypeError
        since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    except (TypeError, ValueError):
        raise Refused("bad_time") from None
    return since.days * _DAY_SECONDS + since.seconds


def within(second: int, rules: Rules) -> int:
    """The second again. Raises Refused, too_early, too_late or outside_window, if no wanted play can have it."""
    if second < EARLIEST:
        raise Refused("too_early")
    if second > rules.latest:
        raise Refused("too_late")
    if not rules.since <= second < rules.until:
        raise Refused("outside_window")
    return second


def milliseconds(value: object, unit: int = 1) -> int | None:
    """A length in milliseconds; `unit` is what one of `value` lasts. None for what no recording can last."""
    if type(value) is int and 0 < value * unit <= MAX_MS:
        return value * unit
    if value is None:
        return None
    if isinstance(value, (float, Decimal)) and 0 < value <= MAX_MS:
        value = round(value * unit)
        unit = 1
    number = _whole(value)
    if number is None or not 0 < number * unit <= MAX_MS:
        return None
    return number * unit


def _whole(value: object) -> int | None:
    if isinstance(value, str):
        digits = value.strip()
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS else None
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        # The comparison is false for NaN, and keeps int() from writing out 1e999999999.
        return int(value) if -(10**_DIGITS) < value < 10**_DIGITS else None
    return None


def clean(value: object) -> str:
    """A name as it may be stored: no NUL, no lone surrogate, no white space around it.

    "" where it is no string, or nothing is left of it once normalised. Raises Refused("too_long").
    """
    if not isinstance(value, str):
        return ""
    name = value.strip()
    plain = name.isprintable()
    if not plain:
        name = _UNSTORABLE.sub("", name).strip()
    if len(name) > NAME_CHARACTERS:
        raise Refused("too_long")
    # What is printed in ASCII survives normalising, which is dear, and so do letters and digits anywhere.
    return name if (plain and name.isascii()) or any(map(str.isalnum, name)) or normalise(name) else ""


def strings(value: object) -> tuple[str, ...]:
    """The strings of a list, or the one string there is; whatever else a broken export holds is left out."""
    if isinstance(value, list):
        return tuple([item for item in value if isinstance(item, str)])
    return (value,) if isinstance(value, str) else ()


def text(value: object) -> str | None:
    """The value if it is a string."""
    return value if isinstance(value, str) else None


def scalar(value: object) -> Scalar:
    """The value if it is a number or a string."""
    return value if isinstance(value, int | float | str) else None


def make_track(
    artists: tuple[str, ...],
    title: object,
    album: object,
    album_artist: str | None,
    duration_ms: int | None,
    ids: Ids | None = None,
    mapped_ids: Ids | None = None,
) -> Track:
    """A track from credited artists and names that are not yet clean; an empty album is none.

    Raises Refused: missing_artist, missing_title, too_long.
    """
    if not artists:
        raise Refused("missing_artist")
    name = clean(title)
    if not name:
        raise Refused("missing_title")
    release = clean(album) or None
    return Track(artists, name, release, album_artist if release else None, duration_ms, ids, mapped_ids)

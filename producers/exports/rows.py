"""What every format means by a time, a length and a name, and what becomes of a row that has none.

Sources: ListenBrainz for the bounds of a time, and what exports were seen to hold for the rest.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias, TypeVar

from producers.exports.opened import Opened, Rules
from schemas.identity import normalise
from schemas.listen import EARLIEST, MAX_MS, NAME_CHARACTERS, Ids, Listen, Reason, Skipped, Track

# Longer is a fault of the file, not a play: ListenBrainz takes 10 kB a listen. It also bounds what a reader holds.
MAX_ROW_BYTES = 1_048_576
# A byte order mark is in a name where files were put together, or where somebody copied it from one.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff\ufeff]")
_LOST = "\ufffd"
# Names that are not ASCII, of which a library repeats most: one costs 0.1 us so instead of 0.6.
_REMEMBERED = 4_096
# A letter may come as so many characters: Vietnamese with two accents, a syllable of Korean.
_DECOMPOSED_CHARACTERS = 3
_TRUTHS = {"true": True, "1": True, "false": False, "0": False, "": False}
# What databases and spreadsheets write: 2023-11-14 22:23:20 UTC, 2023-11-14 22:23:20.5 +0100.
_CALENDAR = re.compile(
    r"""\s* (?P<time>\d{4}-\d{2}-\d{2}[T\ ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)
        \s* (?:Z|UTC|GMT|(?P<offset>[-+]\d{2}(?::?\d{2})?))? \s*""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
_DATE_CHARACTERS = len("2023-11-14")
# Seconds until the year 5138; what is larger was written in milli-, micro- or nanoseconds.
_UNITS = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3))
_DIGITS = 20
# Spreadsheets that write a power of ten have rounded, unless they write this many digits.
_NUMBER = re.compile(
    r"""\s* (?: (?P<whole>\d{1,20}) (?:\.(?P<fraction>\d{0,20}))?
            | (?P<power>\d\.\d{6,20}E\+?\d{1,2}) ) \s*""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
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

    Numbers count, also as text, without their fractions; so do calendar times (2023-11-14 22:13:20 UTC).
    Raises Refused: bad_time, too_early, too_late, outside_window.
    """
    if type(value) is str and len(value) == _SECOND_DIGITS and value.isascii() and value.isdigit():
        value = int(value)
    if type(value) is int and rules.since <= value < rules.until and EARLIEST <= value <= rules.latest:
        return value
    return within(epoch(value), rules)


def epoch(value: object) -> int:
    """What epoch_seconds makes of a value, whatever the bounds of a play are. Raises Refused("bad_time")."""
    told = number(value)
    if told is None:
        return _calendar_epoch(value)
    told = int(told)
    if told < 0:
        raise Refused("bad_time")
    for smallest, divisor in _UNITS:
        if told >= smallest:
            return told // divisor
    return told


def iso_epoch(value: object) -> int:
    """Whole seconds from a time such as 2024-02-03T10:11:12Z, in UTC unless it names another zone, fractions cut off.

    Other spellings that `epoch` knows will do. Raises Refused("bad_time").
    """
    try:
        second = _since_epoch(datetime.fromisoformat(value))  # type: ignore[arg-type] # what is no text raises TypeError
        is_moment = second >= EARLIEST and len(value) > _DATE_CHARACTERS  # type: ignore[arg-type]
    except (TypeError, ValueError):
        is_moment = False
    # A date alone would be midnight, and milliseconds a time of the 18th century: 17001011 1 2345.
    return second if is_moment else epoch(value)


def _calendar_epoch(value: object) -> int:
    found = _CALENDAR.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Refused("bad_time")
    zone = found["offset"] or "+00:00"
    try:
        return _since_epoch(datetime.fromisoformat(found["time"] + zone))
    except ValueError:
        raise Refused("bad_time") from None


def _since_epoch(moment: datetime) -> int:
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
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
    if value is None or (length := number(value)) is None:
        return None
    length = round(length * unit)
    return length if 0 < length <= MAX_MS else None


def number(value: object) -> int | float | Decimal | None:
    """A number, also one written as text ("187000", "187000.0"); None for anything else, for NaN and for infinity."""
    if isinstance(value, str):
        if len(value) <= _DIGITS and value.isascii() and value.isdigit():
            return int(value)
        written = _NUMBER.fullmatch(value)
        if written is None:
            return None
        if not written["power"]:
            return float(value) if (written["fraction"] or "").strip("0") else int(written["whole"])
        power = float(value)
        value = int(power) if power.is_integer() else power
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        # The comparison is false for NaN, and keeps int() from writing out 1e999999999.
        return value if -(10**_DIGITS) < value < 10**_DIGITS else None
    return None


def truth(value: object) -> bool:
    """A boolean, also one written as text ("false") or as 0 or 1; null is false. Raises Refused("malformed_row")."""
    if value is None or isinstance(value, bool):
        return bool(value)
    told = _TRUTHS.get(str(value).strip().lower()) if isinstance(value, str | int) else None
    if told is None:
        raise Refused("malformed_row")
    return told


def clean(value: object) -> str:
    """A name as it is stored and shown: composed (NFC), no NUL, lone surrogate or U+FEFF, no white space around it.

    "" where nothing is left of it once normalised. Raises Refused: too_long; malformed_row for what is no name, and for
    one with U+FFFD, for that stands for letters that were lost before the file came to us.
    """
    name = (value if type(value) is str else name_of(value)).strip()
    if not (name.isascii() and name.isprintable()):
        return _composed(name)
    # What is printed in ASCII survives normalising, which is dear.
    if len(name) > NAME_CHARACTERS:
        raise Refused("too_long")
    return name


@lru_cache(_REMEMBERED)
def _composed(name: str) -> str:
    # Composing takes quadratic time in the worst case.
    if len(name) > NAME_CHARACTERS * _DECOMPOSED_CHARACTERS:
        raise Refused("too_long")
    if not name.isprintable():
        name = _UNSTORABLE.sub("", name).strip()
    name = unicodedata.normalize("NFC", name)
    if len(name) > NAME_CHARACTERS:
        raise Refused("too_long")
    if _LOST in name:
        raise Refused("malformed_row")
    # Letters and digits survive normalising.
    return name if name[:1].isalnum() or any(map(str.isalnum, name)) or normalise(name) else ""


def name_of(value: object) -> str:
    """A name as it is written; a number is one too (311, 1979). "" where there is none: null, or an empty list.

    Raises Refused("malformed_row") for anything else.
    """
    if isinstance(value, str):
        return value
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool) and number(value) is not None:
        return str(int(value) if value == int(value) else value)
    raise Refused("malformed_row")


def names_of(value: object) -> tuple[str, ...]:
    """The names in a list, each as it is or as the `name` of an object; or the one name. Raises what name_of raises."""
    given = value if isinstance(value, list) else [value]
    names = (name_of(one.get("name") if isinstance(one, dict) else one) for one in given)
    return tuple(filter(None, names))


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

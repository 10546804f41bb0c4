"""What a worker said at its end, found in its log."""

import os
import re
import signal
from pathlib import Path
from typing import NamedTuple

import msgspec

# Of a log, to find the last words: at level debug it grows by gigabytes.
_TAIL_BYTES = 65_536
_SPOKEN = "scrobbles: "
_HINT = "  "
# As structlog writes it for people: time, level, event, then the facts by name, of which the exit code comes first.
_EVENT = re.compile(r"\S+ \[\w+ *\] (\w+) +exit_code=")


class LastWords(NamedTuple):
    """Why a worker ended, the remedy, and the name of it: one of schemas/events.py, empty where it told none."""

    sentence: str
    hint: str = ""
    event: str = ""


def end_of(log: Path, begin: int) -> str:
    """What was written behind `begin`, the last 64 KB at most; all that is there if the log was cut since."""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(begin if begin <= size else 0, size - _TAIL_BYTES))
        return file.read().decode("utf-8", "replace")


def last_words(code: int, log: str) -> LastWords:
    """Of a worker that ended with `code`; the logs of both formats are understood."""
    if code < 0:
        return LastWords(f"killed by {signal.Signals(-code).name}")
    if code == 0:
        return LastWords("it was asked to stop", event="stopped")
    lines = log.splitlines()
    for at in range(len(lines) - 1, -1, -1):
        found = _spoken(lines, at) or _logged(lines[at])
        if found:
            return found
    return LastWords("it said nothing")


def _spoken(lines: list[str], at: int) -> LastWords | None:
    if not lines[at].startswith(_SPOKEN):
        return None
    event = _EVENT.match(lines[at - 1]) if at else None
    following = lines[at + 1] if at + 1 < len(lines) else ""
    hint = following.strip() if following.startswith(_HINT) else ""
    return LastWords(lines[at].removeprefix(_SPOKEN), hint, event[1] if event else "")


def _logged(line: str) -> LastWords | None:
    try:
        said = msgspec.json.decode(line, type=dict[str, object])
    except msgspec.DecodeError:
        return None
    if "exit_code" not in said:
        return None
    return LastWords(*(str(said.get(name, "")) for name in ("reason", "hint", "event")))

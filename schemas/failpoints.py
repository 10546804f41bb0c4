"""Places where a test makes a process fail on purpose: SCROBBLES_FAILPOINT=name:action[:n], at the n-th pass.

    kill    the process is gone at once, as by kill -9
    stop    it freezes until SIGCONT
    raise   FailpointError, a bug
    sleep   it is late by SLEEP_SECONDS, its other threads go on
    drop    what is in hand at this place is left out, as if it had been lost

Chance hardly ever hits the places that matter: with the comparison of offsets removed, random kills and freezes passed
on three seeds out of three. Off unless the variable is set; then the process says so when it starts, and again when it
gets there.
"""

import logging
import os
import signal
import time
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias, cast, get_args

from schemas.errors import ConfigurationFault

VARIABLE = "SCROBBLES_FAILPOINT"
SLEEP_SECONDS = 5.0

# Closed. Each is passed once per batch or per rebalance, never per message.
Failpoint: TypeAlias = Literal[
    "assigned",  # a rebalance has brought partitions: inside the client's callback
    "taken",  # a batch was taken from Kafka
    "copying",  # its rows are on their way into the staging table
    "copied",  # they are there; the offsets are not compared yet
    "moved",  # the offsets are compared and set; locks are held
    "committing",  # everything is written
    "committed",  # and committed; nobody has been told
    "telling",  # Kafka is to be told the offsets, for lag tools
    "acknowledged",  # an import's rows are in Kafka; its checkpoint still says that they are not
    "noted",  # the checkpoint says so too
]
Action: TypeAlias = Literal["kill", "stop", "raise", "sleep", "drop"]

# With the standard library, and not configured: a line on stderr whatever the process has made of its logs.
_log = logging.getLogger("scrobbles.failpoints")


class FailpointError(Exception):
    """Raised by the action `raise`."""


class _Armed(NamedTuple):
    name: Failpoint
    action: Action
    at_pass: int


_armed: _Armed | None = None
_passes = 0


def arm(environment: Mapping[str, str]) -> None:
    """Do what the variable asks for from now on. Raises ConfigurationFault for a name or an action that is none."""
    global _armed, _passes  # noqa: PLW0603 - one process, one fail-point: whoever passes it asks nobody
    text = environment.get(VARIABLE)
    _passes = 0
    _armed = _parsed(text) if text else None
    if _armed:
        _log.warning("fail-point %s is set: this process will fail on purpose", text)


def reach(name: Failpoint) -> bool:
    """Fail here if that is asked for. True means that what is in hand is to be left out."""
    if _armed is None or _armed.name != name:
        return False
    return _strike(_armed)


def _strike(armed: _Armed) -> bool:
    global _passes  # noqa: PLW0603
    _passes += 1
    if _passes != armed.at_pass:
        return False
    _log.warning("fail-point %s reached: %s", armed.name, armed.action)
    if armed.action == "raise":
        raise FailpointError(armed.name)
    if armed.action == "sleep":
        time.sleep(SLEEP_SECONDS)
    elif armed.action != "drop":
        os.kill(os.getpid(), signal.SIGKILL if armed.action == "kill" else signal.SIGSTOP)
    return armed.action == "drop"


def _parsed(text: str) -> _Armed:
    name, _, rest = text.partition(":")
    action, _, count = rest.partition(":")
    if name not in get_args(Failpoint) or action not in get_args(Action) or not (count or "1").isdecimal():
        raise ConfigurationFault(
            f"{VARIABLE}={text} names no fail-point",
            f"name:action[:n] with one of {', '.join(get_args(Failpoint))} and of {', '.join(get_args(Action))}",
        )
    return _Armed(cast("Failpoint", name), cast("Action", action), int(count or 1))

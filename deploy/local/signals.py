"""Ctrl-C, a closed terminal and SIGTERM, at moments when they would leave something half done.

Signals reach only the main thread; elsewhere these do nothing, and nothing needs to be done.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ending_raises() -> Iterator[None]:
    """SIGTERM and SIGHUP raise SystemExit inside, as Ctrl-C raises KeyboardInterrupt: what was begun can be undone."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    with _handled_by(leave, (signal.SIGTERM, signal.SIGHUP)):
        yield


@contextmanager
def held_back() -> Iterator[None]:
    """A signal that arrives inside is delivered at the end: between a fork and its record it would lose a process."""
    arrived: list[int] = []
    with _handled_by(lambda number, _: arrived.append(number), _ENDING):
        yield
    for number in arrived:
        signal.raise_signal(number)


@contextmanager
def _handled_by(
    handler: Callable[[int, FrameType | None], object], numbers: tuple[signal.Signals, ...]
) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)

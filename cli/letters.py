"""Which dead letters a command means."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import psycopg

import sql
from cli.console import say
from consumers.listens.deadletter import DeadReason
from schemas.errors import UsageFault


class Chosen(NamedTuple):
    """Dead letters, newest first, and how many of each (reason, topic)."""

    ids: list[int]
    kinds: Counter[tuple[str, str]]

    def __str__(self) -> str:
        if not self.ids:
            return "no dead letters"
        kinds = [f"{number:,} {reason} of {topic}" for (reason, topic), number in self.kinds.most_common()]
        return f"{count(len(self.ids))} ({', '.join(kinds)})"


def choose(
    connection: psycopg.Connection,
    ids: Sequence[int] | None,
    reason: DeadReason | None,
    topic: str | None,
    since: dt.datetime | None,
    limit: int | None,
    *,
    replayed: bool | None = None,
    undone: bool | None = None,
) -> Chosen:
    """The letters that a command means, and a word about those it names but leaves out.

    Only those that were sent again before, or only those that were not; those of imports that were undone likewise.

    Raises UsageFault where one that it names does not exist.
    """
    values = {
        "ids": list(ids) if ids else None,
        "reason": reason,
        "topic": topic,
        "since": since,
        "limit": limit,
        "replayed": replayed,
        "undone": undone,
    }
    if ids:
        kept = connection.execute(sql.read("kept_letters"), (list(ids),)).fetchall()
        if missing := sorted({*ids} - {id_ for (id_,) in kept}):
            raise no_letters(missing)
    chosen = _matching(connection, values)
    passed = _matching(connection, values | {"undone": True, "limit": None}).ids if undone is False else []
    if passed:
        say(f"left out, for their imports were undone: {count(len(passed))}")
    if left_out := sorted({*(ids or ())} - {*chosen.ids, *passed}):
        again = "sent again before, or " if replayed is False else ""
        say(f"left out ({again}excluded by an option): {_numbers(left_out)}")
    return chosen


def _matching(connection: psycopg.Connection, values: Mapping[str, object]) -> Chosen:
    rows = connection.execute(sql.read("choose_letters"), values).fetchall()
    return Chosen([id_ for id_, _, _ in rows], Counter((cause, name) for _, name, cause in rows))


def no_letters(ids: Sequence[int]) -> UsageFault:
    """For numbers that no letter has. Nothing is done then: whoever mistypes one may have mistyped others too."""
    what = "is no dead letter" if len(ids) == 1 else "are no dead letters"
    return UsageFault(f"there {what} {_numbers(ids)}", "`scrobbles dead list` shows those that are kept")


def count(number: int) -> str:
    """The number of dead letters, in words."""
    return f"{number:,} dead letter{'' if number == 1 else 's'}"


def _numbers(ids: Iterable[int]) -> str:
    return ", ".join(map(str, ids))

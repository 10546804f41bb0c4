"""`scrobbles offsets`: where the group stands in Kafka, and the decisions about it that only a person may take."""

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated, Literal

import typer
from psycopg.rows import dict_row

import sql
from cli.console import emit_json, out, say, table
from cli.moments import Clock, Utc, Zone
from cli.raw import for_people
from cli.wiring import connected, operator, settings, utf8
from consumers.listens import ledger
from consumers.listens.ledger import Position, Skip, State, plan_gaps, plan_skip, positions
from schemas.broker import admin
from schemas.errors import UsageFault
from schemas.settings import Settings
from schemas.topics import all_topics

app = typer.Typer()
offsets = typer.Typer(help="Where the group stands in Kafka, and how to get past a gap.", no_args_is_help=True)
app.add_typer(offsets, name="offsets")

_DECISIONS = 10
_STATES: dict[State, str] = {
    "begun": "",
    "unread": "not read yet",
    "gap": "messages gone: skip",
    "cut": "log cut short: adopt",
    "recreated": "recreated: adopt",
    "former": "a former topic",
}

Topic = Annotated[str, typer.Argument(parser=utf8, metavar="TOPIC", hidden=True)]
Json = Annotated[bool, typer.Option("--json", help="For scripts.")]


@offsets.command()
def show(
    all_: Annotated[bool, typer.Option("--all", help="Partitions without messages too.")] = False,
    zone: Zone = None,
    utc: Utc = False,
    json: Json = False,
) -> None:
    """Show how far each partition was read.

    For each: what became of its messages, what Kafka holds, and how far behind the group is.

    Example: scrobbles offsets show
    """
    clock = Clock(zone, utc=utc)
    chosen = settings()
    with connected(chosen) as connection:
        found = positions(connection, admin(chosen), [topic.name for topic in all_topics(chosen.topic_prefix)])
        cursor = connection.cursor(row_factory=dict_row)
        decisions = cursor.execute(sql.read("decisions"), (_DECISIONS,)).fetchall()
    if json:
        emit_json({"partitions": [each._asdict() for each in found], "decisions": decisions})
        return
    worth = [each for each in found if all_ or each.high or each.next or each.state in ("gap", "cut")]
    for topic, partitions in groupby(worth, lambda each: each.topic):
        _show_topic(topic, list(partitions))
    if len(worth) < len(found):
        say(f"{len(found) - len(worth)} partitions without messages are not shown; --all shows them")
    for row in reversed(decisions):
        when = f"{clock.shown(row['decided_at'])} {clock.name}"
        out.print(f"{when}  {for_people(row['decided_by'])}: {row['verb']}, {for_people(row['detail'])}")


def _show_topic(topic: str, found: Sequence[Position]) -> None:
    numbers = ("partition", "next", "low", "high", "lag", "inserted", "duplicate", "dead", "skipped")
    shown = table(*numbers, "", heading=topic, right=numbers, drop=("inserted", "duplicate", "skipped"))
    for each in found:
        facts = each._asdict()
        cells = ["-" if facts[name] is None else f"{facts[name]:,}" for name in numbers]
        shown.add_row(*cells, _STATES[each.state])
    out.print(shown)


@offsets.command()
def skip(
    topic: Annotated[str | None, typer.Argument(metavar="TOPIC", hidden=True)] = None,
    partition: Annotated[int | None, typer.Argument(min=0, metavar="PARTITION", hidden=True)] = None,
    to: Annotated[
        str | None, typer.Option(metavar="OFFSET", help="Where to continue; `low` is the first one in Kafka.")
    ] = None,
    all_gaps: Annotated[
        bool, typer.Option("--all-gaps", help="Every partition whose next messages Kafka has deleted.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Also where messages are passed that could be read.")] = False,
    json: Json = False,
) -> None:
    """Continue after messages that cannot be read.

    TOPIC and PARTITION are as `scrobbles offsets show` names them; --all-gaps needs neither, or TOPIC alone. The
    messages count as skipped, and who decided it is on record. Workers continue by themselves; start those that have
    stopped again.

    Example: scrobbles offsets skip scrobbles.import 3 --to low
    """
    chosen = settings()
    if all_gaps:
        if partition is not None or to is not None:
            raise UsageFault("--all-gaps takes neither PARTITION nor --to: it continues at the first message in Kafka")
        _skip_gaps(chosen, topic, json=json)
        return
    if topic is None or partition is None or to is None:
        raise UsageFault("what to skip is not given", "give TOPIC, PARTITION and --to OFFSET, or --all-gaps")
    if to != "low" and not to.isdecimal():
        raise UsageFault(f"--to {to} is neither an offset nor `low`")
    target: int | Literal["low"] = "low" if to == "low" else int(to)
    with connected(chosen) as connection:
        plan = plan_skip(positions(connection, admin(chosen), [topic]), topic, partition, target)
        readable = ledger.readable(plan, chosen)
        if readable and not yes:
            raise UsageFault(
                f"{readable:,} of the messages that this passes are there and could be read",
                "--yes passes them all the same; their plays will not be stored",
            )
        ledger.skip(connection, plan, operator())
    if json:
        emit_json({**_skipped(plan), "readable": readable})
    else:
        _say_skipped(plan)


def _skip_gaps(chosen: Settings, topic: str | None, *, json: bool) -> None:
    """Each is a decision of its own: one that a worker was faster at does not undo the others."""
    with connected(chosen) as connection:
        found = positions(connection, admin(chosen), [each.name for each in all_topics(chosen.topic_prefix)])
        plans = [plan for plan in plan_gaps(found) if topic in (None, plan.at.topic)]
        for plan in plans:
            ledger.skip(connection, plan, operator())
            if not json:
                _say_skipped(plan)
    if json:
        emit_json([_skipped(plan) for plan in plans])
    elif not plans:
        say("no partition has a gap before its next message")


def _skipped(plan: Skip) -> dict[str, object]:
    at = plan.at
    place = {"topic": at.topic, "partition": at.partition}
    return {**place, "from": at.next, "to": plan.to, "skipped": plan.to - at.next}


def _say_skipped(plan: Skip) -> None:
    say(f"{plan.at.topic}[{plan.at.partition}] continues at {plan.to}; skipped: {plan.to - plan.at.next:,}")


@offsets.command()
def adopt(topic: Topic, json: Json = False) -> None:
    """Accept a topic that was recreated or cut.

    It was recreated under its old name, or has lost its last messages. TOPIC is as `scrobbles offsets show` names it.

    What was read of it before stays stored and counted. Start the workers that have stopped again.

    Example: scrobbles offsets adopt scrobbles.import
    """
    chosen = settings()
    with connected(chosen) as connection:
        found = positions(connection, admin(chosen), [topic])
        done = list(ledger.adopt(connection, found, topic, operator()))
    if json:
        emit_json({"topic": topic, "adopted": done})
    for line in [] if json else done or [f"{topic} is the topic that was read: there is nothing to adopt"]:
        say(line)

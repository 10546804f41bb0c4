"""`scrobbles status`: what runs, how far behind it is, and what is stored."""

from collections.abc import Callable
from typing import Annotated, NamedTuple, TypeVar

import typer

import sql
from cli.console import complain, emit_json, out, table
from cli.readiness import unready
from cli.wiring import connected, lag, settings, stored
from consumers.listens.ledger import positions
from deploy.local import supervisor
from deploy.local.processes import Process
from deploy.local.stack import processes_of
from schemas.broker import admin
from schemas.errors import DONE, DependencyGone, Fault
from schemas.settings import Settings, mask_url
from schemas.topics import Lane, all_topics

app = typer.Typer()
T = TypeVar("T")
_ENDING = "if it was told to stop, it waits for its clients: `scrobbles up` stops it and starts it again"
_NOTHING = "nothing runs here; start it with `scrobbles up`"


class Problem(NamedTuple):
    """What is not well, and what to do about it where that is known."""

    sentence: str
    hint: str = ""


@app.command()
def status(json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Show every process, how many messages wait in each lane, and what is stored. Exit code 0 only if all is well.

    Example: scrobbles status --json
    """
    chosen = settings()
    processes = processes_of(chosen.data)
    if not (json or processes or chosen.kafka or chosen.database_url):
        out.print(_NOTHING)
        raise typer.Exit(1)
    kept = any(process.name == supervisor.NAME and process.is_running() for process in processes)
    problems = [_end_of(process, chosen, kept) for process in processes if not process.is_running()]
    # Each question may take seconds where a server does not answer: one that is gone is asked once.
    is_here = any(process.name == "postgres" and process.is_running() for process in processes)
    counts = _ask(stored, chosen, problems, _ENDING if is_here else "")
    behind = _ask(lag, chosen, problems) if counts else None
    listens, dead_letters = counts or (None, None)
    elsewhere = (_ask(_workers_elsewhere, chosen, []) or 0) if counts else 0
    if behind and any(process.ended and process.ended.event == "topic_id_changed" for process in processes):
        problems += _ask(_topics_made_anew, chosen, problems) or []
    if not problems:  # or they would say the same once more
        problems = [Problem(f"{at.name} runs, but: {why}") for at in processes if (why := unready(at))]
    if json:
        emit_json(
            {
                "kafka": chosen.kafka,
                "database_url": chosen.database_url,
                "bridge_url": _address(processes, "bridge"),
                "web_url": _address(processes, "web"),
                "lag": behind,
                "listens": listens,
                "dead_letters": dead_letters,
                "workers_elsewhere": elsewhere,
                "processes": [_described(process, kept) for process in processes],
            }
        )
    else:
        _show_processes(processes, kept)
        _show_numbers(chosen, behind or {}, listens, dead_letters)
        _show_workers_elsewhere(elsewhere)
    if problems:
        for problem in problems:
            complain(*problem)
        raise typer.Exit(1)


def _ask(question: Callable[[Settings], T], chosen: Settings, problems: list[Problem], if_gone: str = "") -> T | None:
    """The answer, or None and a problem more: a broken part must not hide the state of the others."""
    try:
        return question(chosen)
    except Fault as fault:
        # Of a server that is gone the hint is to look here.
        problems.append(Problem(fault.message, if_gone if isinstance(fault, DependencyGone) else fault.hint))
        return None


def _described(process: Process, kept: bool) -> dict[str, object]:
    about, ended = process.about, process.ended
    described: dict[str, object] = {
        "name": process.name,
        "kind": about.kind,
        "version": about.version,
        "pid": process.pid,
        "address": about.settings.get("health", about.address),
        "state": "running" if process.is_running() else "restarting" if ended and ended.again and kept else "stopped",
    }
    if ended is None:
        return described
    return described | {"exit_code": ended.code, "event": ended.event, "reason": ended.sentence, "hint": ended.hint}


def _end_of(process: Process, chosen: Settings, kept: bool) -> Problem:
    """How a process ended that should run; `kept` says whether there is a supervisor to start it again."""
    name, ended = process.name, process.ended
    if name == supervisor.NAME:
        return Problem(
            "the supervisor has stopped: workers that run go on, but one that ends now is not started again",
            f"`scrobbles up` starts a new one; {chosen.data}/log/{name}.log may tell why",
        )
    if ended is None:
        return Problem(f"{name} has stopped", f"`scrobbles up` starts it again; {chosen.data}/log/{name}.log tells why")
    if ended.again and kept:
        return Problem(f"{name} is about to be started again; it ended with {ended.told()}", ended.hint)
    if ended.code == DONE:
        return Problem(f"{name} is stopped: {ended.sentence}", "`scrobbles up` starts it again")
    first = f"{ended.hint}; then " if ended.hint else ""
    return Problem(f"{name} has stopped for good, with {ended.told()}", f"{first}`scrobbles up` starts it again")


def _workers_elsewhere(chosen: Settings) -> int:
    """How many workers are connected that this data folder knows nothing of."""
    here = sum(process.about.kind == supervisor.KIND and process.is_running() for process in processes_of(chosen.data))
    with connected(chosen) as connection:
        (sessions,) = connection.execute(sql.read("worker_sessions")).fetchone() or (0,)
    return max(int(sessions) - here, 0)


def _topics_made_anew(chosen: Settings) -> list[Problem]:
    """A worker stops at the first that it meets; one round of decisions shall do for all."""
    with connected(chosen) as connection:
        found = positions(connection, admin(chosen), [topic.name for topic in all_topics(chosen.topic_prefix)])
    topics = sorted({each.topic for each in found if each.state == "anew"})
    commands = [f"`scrobbles offsets adopt {topic}`" for topic in topics]
    return [Problem(f"made anew: {', '.join(topics)}", f"{', '.join(commands)}, then `scrobbles up`")] if topics else []


def _address(processes: list[Process], name: str) -> str | None:
    return next((p.about.address for p in processes if p.name == name and p.is_running()), None)


def _show_processes(processes: list[Process], kept: bool) -> None:
    shown = table("process", "kind", "version", "pid", "address", "state", right=("pid",))
    for process in processes:
        described = _described(process, kept)
        shown.add_row(*(str(described[name]) for name in ("name", "kind", "version", "pid", "address", "state")))
    if processes:
        out.print(shown)
    else:
        out.print(_NOTHING)


def _show_numbers(chosen: Settings, behind: dict[Lane, int], listens: int | None, dead_letters: int | None) -> None:
    shown = table("what", "value")
    shown.add_row("kafka", chosen.kafka or "-")
    shown.add_row("database", mask_url(chosen.database_url or "-"))
    for lane, messages in behind.items():
        shown.add_row(f"waiting in {lane}", f"{messages:,}")
    shown.add_row("listens", "-" if listens is None else f"{listens:,}")
    shown.add_row("dead letters", "-" if dead_letters is None else f"{dead_letters:,}")
    out.print(shown)


def _show_workers_elsewhere(number: int) -> None:
    if number == 1:
        out.print("1 more worker that was not started here uses this database")
    elif number:
        out.print(f"{number} more workers that were not started here use this database")

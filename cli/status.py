"""`scrobbles status`: what runs, how far behind it is, and what is stored."""

from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

import sql
from cli.console import complain, emit_json, out, table
from cli.wiring import connected, lag, settings, stored
from deploy.local import supervisor
from deploy.local.processes import Process
from deploy.local.stack import processes_of
from schemas.errors import Fault
from schemas.settings import Settings, mask_url
from schemas.topics import Lane

app = typer.Typer()
T = TypeVar("T")


@app.command()
def status(json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Show every process, how many messages wait in each lane, and what is stored. Exit code 0 only if all is well.

    Example: scrobbles status --json
    """
    chosen = settings()
    processes = processes_of(chosen.data)
    problems = [f"{process.name} {_end_of(process)}" for process in processes if not process.is_running()]
    # Each question may take seconds where a server does not answer: one that is gone is asked once.
    counts = _ask(stored, chosen, problems)
    behind = _ask(lag, chosen, problems) if counts else None
    listens, dead_letters = counts or (None, None)
    elsewhere = (_ask(_workers_elsewhere, chosen, []) or 0) if counts else 0
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
                "processes": [_described(process) for process in processes],
            }
        )
    else:
        _show_processes(processes)
        _show_numbers(chosen, behind or {}, listens, dead_letters)
        if elsewhere:
            out.print(f"{elsewhere} more workers that were not started here use this database")
    if problems:
        for problem in problems:
            complain(problem)
        raise typer.Exit(1)


def _ask(question: Callable[[Settings], T], chosen: Settings, problems: list[str]) -> T | None:
    """The answer, or None and a problem more: a broken part must not hide the state of the others."""
    try:
        return question(chosen)
    except Fault as fault:
        problems.append(fault.message)
        return None


def _described(process: Process) -> dict[str, object]:
    about, ended = process.about, process.ended
    described: dict[str, object] = {
        "name": process.name,
        "kind": about.kind,
        "version": about.version,
        "pid": process.pid,
        "address": about.settings.get("health", about.address),
        "state": "running" if process.is_running() else "restarting" if ended and ended.again else "stopped",
    }
    return described | ({"exit_code": ended.code, "reason": ended.sentence} if ended else {})


def _end_of(process: Process) -> str:
    """How a process ended that should run."""
    if process.name == supervisor.NAME:
        return "has ended: workers go on, but nobody starts them again; `scrobbles up` does"
    if process.ended is None:
        return "has ended"
    how = "is about to be started again, it" if process.ended.again else "has stopped for good, it"
    return f"{how} ended with {process.ended.code}: {process.ended.sentence}"


def _workers_elsewhere(chosen: Settings) -> int:
    """How many workers are connected that this data folder knows nothing of."""
    here = sum(process.about.kind == supervisor.KIND and process.is_running() for process in processes_of(chosen.data))
    with connected(chosen) as connection:
        (sessions,) = connection.execute(sql.read("worker_sessions")).fetchone() or (0,)
    return max(int(sessions) - here, 0)


def _address(processes: list[Process], name: str) -> str | None:
    return next((p.about.address for p in processes if p.name == name and p.is_running()), None)


def _show_processes(processes: list[Process]) -> None:
    shown = table("process", "kind", "version", "pid", "address", "state", right=("pid",))
    for process in processes:
        described = _described(process)
        shown.add_row(*(str(described[name]) for name in ("name", "kind", "version", "pid", "address", "state")))
    if processes:
        out.print(shown)
    else:
        out.print("nothing runs here; start it with `scrobbles up`")


def _show_numbers(chosen: Settings, behind: dict[Lane, int], listens: int | None, dead_letters: int | None) -> None:
    shown = table("what", "value")
    shown.add_row("kafka", chosen.kafka or "-")
    shown.add_row("database", mask_url(chosen.database_url or "-"))
    for lane, messages in behind.items():
        shown.add_row(f"waiting in {lane}", f"{messages:,}")
    shown.add_row("listens", "-" if listens is None else f"{listens:,}")
    shown.add_row("dead letters", "-" if dead_letters is None else f"{dead_letters:,}")
    out.print(shown)

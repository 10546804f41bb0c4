"""`scrobbles status`: whether all is well, what to do if not, and what is stored."""

from typing import Annotated

import typer

from cli.console import complain, emit_json, out, table
from cli.elsewhere import say_stack_elsewhere
from cli.health import Health, examine
from cli.wiring import settings
from deploy.local.processes import Process
from schemas.settings import Settings, mask_url

app = typer.Typer()
_NOTHING = "nothing runs here; start it with `scrobbles up`"


@app.command()
def status(json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Show whether all is well, what to do if not, and what is stored.

    Where SCROBBLES_KAFKA or SCROBBLES_DATABASE_URL is set it looks at those servers and at the workers connected to
    them, wherever they run. Exit code 0 only if all is well.

    Example: scrobbles status --json
    """
    chosen = settings()
    health = examine(chosen)
    if json:
        emit_json(_answer(health, chosen))
    elif health.processes or chosen.kafka or chosen.database_url:
        _show_verdict(health)
    else:
        out.print(_NOTHING)
        say_stack_elsewhere()
        raise typer.Exit(1)
    for problem in health.problems:
        complain(*problem)
    if not json:
        out.print()
        _show_numbers(health)
        _show_internals(health, chosen)
    if health.problems:
        raise typer.Exit(1)


def _answer(health: Health, chosen: Settings) -> dict[str, object]:
    numbers = health.numbers
    return {
        "ok": not health.problems,
        "problems": [problem._asdict() for problem in health.problems],
        "kafka": chosen.kafka,
        "database_url": chosen.database_url,
        "bridge_url": _address(health, "bridge"),
        "web_url": _address(health, "web"),
        "lag": health.lag,
        "listens": numbers and numbers.listens,
        "dead_letters": numbers and numbers.dead_letters,
        "waiting_jobs": numbers and [job for job, _, _ in numbers.jobs],
        "workers_elsewhere": health.workers_elsewhere,
        "processes": [_described(process, health) for process in health.processes],
    }


def _described(process: Process, health: Health) -> dict[str, object]:
    about, ended = process.about, process.ended
    again = ended and ended.again and health.is_supervised
    described: dict[str, object] = {
        "name": process.name,
        "kind": about.kind,
        "version": about.version,
        "pid": process.pid,
        "address": about.settings.get("health", about.address),
        "state": "running" if process.is_running() else "restarting" if again else "stopped",
    }
    if ended is None:
        return described
    return described | {"exit_code": ended.code, "event": ended.event, "reason": ended.sentence, "hint": ended.hint}


def _address(health: Health, name: str) -> str | None:
    return next((p.about.address for p in health.processes if p.name == name and p.is_running()), None)


def _show_verdict(health: Health) -> None:
    number = len(health.problems)
    if number:
        out.print(f"not well: {number} problem{'' if number == 1 else 's'}", style="bold red")
    else:
        out.print("all is well", style="bold green")


def _show_numbers(health: Health) -> None:
    """What a person wants to know first; a number that could not be asked is a dash."""
    numbers = health.numbers
    here, elsewhere = health.workers_here, health.workers_elsewhere
    workers = [f"{here} here" if health.processes else "", f"{elsewhere} elsewhere" if elsewhere else ""]
    shown = table("", "", "")
    shown.show_header = False
    shown.add_row("plays", f"{numbers.listens:,}" if numbers else "-", "")
    waiting = ", ".join(f"{messages:,} in {lane}" for lane, messages in (health.lag or {}).items() if messages)
    shown.add_row("waiting", (waiting or "0") if health.lag is not None else "-", "")
    if numbers and numbers.jobs:
        jobs = ", ".join(str(job) for job, _, _ in numbers.jobs)
        shown.add_row("jobs waiting", jobs, "`scrobbles jobs list` shows them")
    hint = "`scrobbles dead list` shows why" if numbers and numbers.letters_waiting else ""
    shown.add_row("dead letters", f"{numbers.dead_letters:,}" if numbers else "-", hint)
    shown.add_row("workers", ", ".join(filter(None, workers)) or ("none" if numbers else "-"), "")
    out.print(shown)


def _show_internals(health: Health, chosen: Settings) -> None:
    out.print()
    if health.processes:
        shown = table("process", "state", "kind", "version", "address", "pid", right=("pid",), drop=("version", "kind"))
        for process in health.processes:
            described = _described(process, health)
            cells = ("name", "state", "kind", "version", "address", "pid")
            shown.add_row(*(str(described[name]) for name in cells))
        out.print(shown)
    else:
        out.print("no process of this machine: these are the servers that the settings name")
    places = {"kafka": chosen.kafka or "-", "database": mask_url(chosen.database_url or "-"), "data": str(chosen.data)}
    for name, place in places.items():
        if name != "data" or health.processes:
            out.print(f"{name:<8}  {place}", soft_wrap=True)  # not folded, to be copied

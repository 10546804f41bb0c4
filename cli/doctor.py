"""`scrobbles doctor`: what this machine has, what it lacks, and how to mend it."""

import platform
from collections.abc import Callable, Iterator

import confluent_kafka
import psycopg
import typer

from cli.console import out
from cli.elsewhere import say_stack_elsewhere
from cli.wiring import loaded
from deploy.local.checks import Check, machine
from deploy.local.stack import needs
from schemas.broker import admin
from schemas.errors import Fault
from schemas.settings import Settings
from sql.connection import connect

app = typer.Typer()
STYLES = {"ok": "green", "absent": "yellow", "missing": "bold red"}


@app.command()
def doctor() -> None:
    """Check the machine and every dependency, one line each, with the fix. Exit code 1 if something must be mended.

    Example: scrobbles doctor
    """
    merged = loaded()
    checks = [*_libraries(), *machine(merged.settings.data, needs(merged)), *_services(merged.settings)]
    for check in checks:
        fix = f" - fix: {check.fix}" if check.fix else ""
        out.print(f"{check.state:<8}", style=STYLES[check.state], end="")
        out.print(f"{check.name}: {check.found}{fix}", markup=False)
    say_stack_elsewhere()
    if any(check.state == "missing" for check in checks):
        raise typer.Exit(1)


def _libraries() -> Iterator[Check]:
    yield Check("Python", "ok", platform.python_version())
    # The pure Python twins work too, several times slower, and nothing else would tell.
    yield _compiled("psycopg", psycopg.pq.__impl__, {"binary", "c"}, "pip install 'psycopg[binary]'")
    yield Check("librdkafka", "ok", confluent_kafka.libversion()[0])


def _compiled(name: str, found: str, good: set[str], fix: str) -> Check:
    return Check(name, "ok", found) if found in good else Check(name, "missing", f"the slow {found}", fix)


def _services(settings: Settings) -> Iterator[Check]:
    url = settings.database_url
    yield _service("Kafka", settings.kafka, lambda: admin(settings))
    yield _service("database", url, lambda: connect(url or "").close())


def _service(name: str, address: str | None, ask: Callable[[], object]) -> Check:
    if address is None:
        return Check(name, "absent", "not started", "`scrobbles up`")
    try:
        ask()
    except Fault as fault:
        return Check(name, "missing", fault.message, fault.hint)
    return Check(name, "ok", "answers")

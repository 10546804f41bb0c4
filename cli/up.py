"""`scrobbles up`: everything that runs on this machine, started in order."""

from typing import Annotated

import typer

from cli.console import out, say, table
from cli.wiring import database_url, loaded, settings
from deploy.local.stack import changing, needs, processes_of, start_servers
from deploy.local.workers import start_workers
from schemas.broker import ensure_topics
from schemas.settings import Settings, mask_url
from sql.migrate import migrate

app = typer.Typer()


@app.command()
def up(workers: Annotated[int, typer.Option(min=0, max=64, help="How many consumer workers shall run.")] = 2) -> None:
    """Start what does not run: Kafka, Postgres, migrations, topics, workers. What runs stays as it is.

    Servers whose address is set (SCROBBLES_KAFKA, SCROBBLES_DATABASE_URL) are used, not started. If a step fails,
    everything that this command started is stopped again.

    Example: scrobbles up --workers 2
    """
    data = settings().data
    with changing(data, say) as places:
        start_servers(places, needs(loaded()), say)
        # Read again: the addresses of what has just been started are settings now.
        chosen = settings()
        for name in migrate(database_url(chosen)):
            say(f"migration {name} applied")
        for line in ensure_topics(chosen):
            say(line)
        start_workers(places, workers, chosen, say)
    _show(chosen)


def _show(chosen: Settings) -> None:
    shown = table("what", "where")
    shown.add_row("kafka", chosen.kafka)
    shown.add_row("database", mask_url(chosen.database_url or ""))
    shown.add_row(
        "workers", ", ".join(p.name for p in processes_of(chosen.data) if p.about.kind == "consumer") or "none"
    )
    shown.add_row("data and logs", str(chosen.data))
    out.print(shown)

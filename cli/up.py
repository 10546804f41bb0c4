"""`scrobbles up`: everything that runs on this machine, started in order."""

from typing import Annotated

import typer

from cli.console import out, say, table
from cli.wiring import connected, database_url, loaded, operator, settings
from consumers.listens.ledger import adopt, positions
from deploy.local import embedded
from deploy.local.stack import changing, needs, processes_of, start_servers
from deploy.local.workers import start_workers
from schemas.broker import admin, ensure_topics
from schemas.settings import Settings, mask_url
from schemas.topics import all_topics
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
        _adopt_what_is_forgotten(chosen)
        start_workers(places, workers, chosen, say)
    _show(chosen)


def _adopt_what_is_forgotten(chosen: Settings) -> None:
    """The embedded broker keeps nothing over a restart, so its topics are new ones: that is no accident to stop for."""
    if not any(p.name == "kafka" and p.about.kind == embedded.KIND for p in processes_of(chosen.data)):
        return
    with connected(chosen) as connection:
        found = positions(connection, admin(chosen), [topic.name for topic in all_topics(chosen.topic_prefix)])
        anew = [each for each in found if each.state == "anew"]
        for topic in sorted({each.topic for each in anew}):
            for line in adopt(connection, anew, topic, operator()):
                say(line)


def _show(chosen: Settings) -> None:
    shown = table("what", "where")
    shown.add_row("kafka", chosen.kafka)
    shown.add_row("database", mask_url(chosen.database_url or ""))
    shown.add_row(
        "workers", ", ".join(p.name for p in processes_of(chosen.data) if p.about.kind == "consumer") or "none"
    )
    shown.add_row("data and logs", str(chosen.data))
    out.print(shown)

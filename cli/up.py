"""`scrobbles up`: everything that runs on this machine, started in order."""

import itertools
from typing import Annotated

import typer

from cli.console import out, say
from cli.wiring import connected, database_url, loaded, operator, settings
from consumers.listens.ledger import adopt, positions
from deploy.local import embedded
from deploy.local.places import Places
from deploy.local.stack import changing, needs, processes_of, start_servers
from deploy.local.supervisor import KIND
from deploy.local.workers import start_workers
from schemas.broker import admin
from schemas.ensuring import ensure_topics
from schemas.settings import Settings, mask_url
from schemas.topics import all_topics
from sql.migrate import migrate

app = typer.Typer()


@app.command()
def up(
    workers: Annotated[int, typer.Option(min=0, max=64, metavar="N", help="How many consumer workers to run.")] = 2,
    adopt_folder: Annotated[
        bool, typer.Option("--adopt", help="Use the data folder though it holds other files.")
    ] = False,
) -> None:
    """Start what does not run: Kafka, Postgres, migrations, topics, workers. What runs stays as it is.

    Servers whose address is set (SCROBBLES_KAFKA, SCROBBLES_DATABASE_URL) are used, not started. If a step fails,
    everything that this command started is stopped again.

    Example: scrobbles up --workers 2
    """
    data = settings().data
    with changing(data, say, adopt=adopt_folder) as places:
        start_servers(places, needs(loaded()), say)
        # Read again: the addresses of what has just been started are settings now.
        chosen = settings()
        if applied := migrate(database_url(chosen)):
            say(f"schema: {len(applied)} migration{'' if len(applied) == 1 else 's'} applied")
        for line in itertools.chain(*ensure_topics(chosen)):
            say(line)
        are_others = _adopt_what_is_forgotten(places, chosen)
        # Workers that ran on meanwhile would stop at the sight of other topics than those they began with.
        start_workers(places, workers, chosen, say, replacing=are_others)
    _show(chosen)


def _adopt_what_is_forgotten(places: Places, chosen: Settings) -> bool:
    """Accept topics that were recreated where the embedded broker had them; whether it came, went or began again.

    It keeps nothing, so that is no accident to stop for, whichever broker came after it. The topics of any other broker
    are left to a person.
    """
    is_embedded = any(p.name == "kafka" and p.about.kind == embedded.KIND for p in processes_of(places.data))
    last = embedded.topics_of_last_time(places)
    with connected(chosen) as connection:
        found = positions(connection, admin(chosen), [topic.name for topic in all_topics(chosen.topic_prefix)])
        forgotten = {each.topic for each in found if is_embedded or each.topic_id in last}
        recreated = [each for each in found if each.state == "recreated" and each.topic in forgotten]
        topics = sorted({each.topic for each in recreated})
        for topic in topics:
            list(adopt(connection, recreated, topic, operator()))
    if topics:
        say(f"the embedded broker kept nothing; its recreated topics are read from the beginning: {', '.join(topics)}")
    now = {each.topic_id for each in found if is_embedded and each.state != "former"}
    embedded.remember_topics(places, now)
    return now != last


def _show(chosen: Settings) -> None:
    names = [p.name for p in processes_of(chosen.data) if p.about.kind == KIND and p.is_running()]
    out.print(f"kafka     {chosen.kafka}", soft_wrap=True)
    out.print(f"database  {mask_url(chosen.database_url or '')}", soft_wrap=True)
    out.print(f"workers   {', '.join(names) or 'none'}", soft_wrap=True)
    out.print(f"data      {chosen.data}", soft_wrap=True)

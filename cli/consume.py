"""`scrobbles consume`: one consumer worker in the foreground."""

import gc
import signal
from types import FrameType
from typing import Annotated, Literal

import typer

from cli.logs import configure_logs, last_word, log
from cli.wiring import database_url, settings
from consumers.listens.loop import Contacted, Passed, Step, Waiting
from consumers.listens.metrics import publish, record
from consumers.listens.serving import serving
from consumers.listens.start import joined
from consumers.listens.store import Outcome
from consumers.listens.taking import Limits
from schemas.topics import LANES

app = typer.Typer()


@app.command()
def consume(
    lane: Annotated[
        Literal["live", "import", "all"], typer.Option(help="Which plays: of the moment, of imports, or both.")
    ] = "all",
) -> None:
    """Run one consumer worker until SIGTERM; start more of them to go faster.

    It stops with 65 where half or more of the last 1,000 messages that it has read, or of a larger batch, are
    no listens.

    Example: scrobbles consume --lane import
    """
    chosen = settings()
    configure_logs(chosen)
    stop = _StopOnSignal()
    lanes = LANES if lane == "all" else (lane,)
    with last_word(chosen), joined(chosen, database_url(chosen), lanes, Limits()) as worker:
        publish(worker)
        with serving(worker.health, chosen.metrics_host, chosen.metrics_port) as address:
            # What is alive now stays alive: the collector would look through it again and again, and batches make no
            # cycles.
            gc.freeze()
            gc.disable()
            log("info", "started", lane=lane, group=chosen.group, health=address)
            for outcome in worker.run(stop):
                record(outcome)
                _tell(outcome)


def _tell(step: Step) -> None:
    match step:
        case Waiting(reason, seconds, event):
            log("warning", event, reason=reason, seconds=seconds)
        case Contacted(None):
            log("info", "kafka_back")
        case Contacted(silence):
            log("warning", "kafka_silent", reason=silence)
        case Outcome():
            log("debug", "stored", **step._asdict())
        case Passed():
            pass


class _StopOnSignal:
    """True once SIGTERM or Ctrl-C has come: the batch in hand is finished first. A second one ends the process."""

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def __call__(self) -> bool:
        return self._asked

    def _ask(self, number: int, _: FrameType | None) -> None:
        self._asked = True
        signal.signal(number, signal.SIG_DFL)

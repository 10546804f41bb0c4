"""What runs on this machine for one data folder, and in which order it starts and stops.

    with changing(data, say) as places:             # nobody else meanwhile; all or nothing
        start_servers(places, needs(loaded), say)
        start_workers(places, 2, settings, say)
    stop(data, say)

`servers(data)` is the short form for tests and benchmarks, which start no workers.
"""

import signal
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from deploy.local import postgres, processes, supervisor, which_broker
from deploy.local.account import service_account
from deploy.local.lock import locked
from deploy.local.ownership import claim, is_stack, purge, require_usable
from deploy.local.places import LOCK, Places, Say, open_places, write_atomically
from deploy.local.postgres_programs import find_programs
from deploy.local.processes import Process
from deploy.local.signals import ending_raises, held_back
from schemas.data_folder import STACK_FILE
from schemas.settings import Loaded

SERVERS = ("kafka", "postgres")


class Needs(NamedTuple):
    """Which servers the local stack must provide: those whose address nobody has set."""

    kafka: bool = True
    postgres: bool = True


class Endpoints(NamedTuple):
    """How to reach the servers; the three settings of the stack file."""

    kafka: str
    database_url: str
    group_protocol: str


def needs(loaded: Loaded) -> Needs:
    """An address that a person has set wins; one that came from the stack file is our own of last time."""
    ours = str(loaded.settings.data / STACK_FILE)
    return Needs(*(loaded.origins.get(name, ours) == ours for name in ("kafka", "database_url")))


@contextmanager
def changing(data: Path, say: Say, *, adopt: bool = False) -> Iterator[Places]:
    """Hold the lock of this data folder. If the block fails or is interrupted, whatever it started is stopped again.

    Raises UsageFault where the folder holds what is not ours, unless it is to be adopted.
    """
    require_usable(data, adopt=adopt)
    with ending_raises(), locked(data, say):
        places = open_places(data)
        claim(places)
        before = processes.recorded(places)
        try:
            yield places
        except BaseException:
            with held_back():
                if _begun(places, before):
                    say("stopping what was started")
                _stop(places, before, say)
            raise


def start_servers(places: Places, needed: Needs, say: Say) -> None:
    """Start what is needed and does not run, wait until it answers, and write the stack file."""
    begun = time.monotonic()
    running = processes.running(places)
    before = [*running.values()]
    if needed.postgres and "postgres" in running and postgres.is_stopping(places):
        say("postgres was told to stop and waits for its clients; it is stopped and started again")
        processes.stop(places, [running.pop("postgres")], say, signal.SIGINT)
    # The broker first: it takes longest, and Postgres starts while it does.
    if needed.kafka and "kafka" not in running:
        running["kafka"] = which_broker.launch(places, say)
    if needed.postgres and "postgres" not in running:
        programs = find_programs(places.account, postgres.made_with(places))
        running["postgres"] = postgres.launch(places, programs)
    if needed.postgres:
        postgres.wait(places, running["postgres"], say)
        say(_told(running["postgres"], before, begun))
    if needed.kafka:
        which_broker.wait(places, running["kafka"], say)
        say(_told(running["kafka"], before, begun))
    _publish(places)


def servers(data: Path, say: Say = lambda _: None) -> Endpoints:
    """Kafka and Postgres for this data folder, answering; started unless they run. `stop(data)` ends them."""
    with changing(data, say) as places:
        start_servers(places, Needs(), say)
        return Endpoints(**_settings(places))


def stop(data: Path, say: Say = lambda _: None, *, purging: bool = False) -> None:
    """Stop everything in the reverse order of its start; with `purging` delete the data too. Nothing to do is fine.

    A folder that never held a stack is left as it is.
    """
    # A first `up` may be at work that has no more than the lock yet.
    if not (is_stack(data) or (data / LOCK).exists()):
        return
    with locked(data, say):
        places = Places(data, service_account())
        _stop(places, [], say)
        if purging and is_stack(data):
            purge(places, say)


def processes_of(data: Path) -> list[Process]:
    """What was started for this data folder, in the order of its start. Changes nothing, waits for nobody."""
    return sorted(processes.recorded(Places(data, service_account())), key=_start_order)


def _begun(places: Places, before: list[Process]) -> list[Process]:
    """What this command has started. Workers of a supervisor that ran before come and go without us."""
    recorded = processes.recorded(places)
    supervised = any(process.name == supervisor.NAME and process in before for process in recorded)
    return [p for p in recorded if p not in before and not (supervised and p.about.kind == supervisor.KIND)]


def _stop(places: Places, before: list[Process], say: Say) -> None:
    """Stop all but those of before: workers, the broker, the database. A signal meanwhile must not leave half of them.

    First of all the supervisor, for it would start the workers again.
    """
    try:
        processes.stop(places, [process for process in _begun(places, before) if process.name == supervisor.NAME], say)
        chosen = _begun(places, before)
        processes.stop(places, [process for process in chosen if process.name not in SERVERS], say)
        processes.stop(places, [process for process in chosen if process.name == "kafka"], say)
        # Postgres takes SIGTERM for "when everybody has left"; SIGINT is its fast and clean end.
        processes.stop(places, [process for process in chosen if process.name == "postgres"], say, signal.SIGINT)
    finally:
        _publish(places)


def _settings(places: Places) -> dict[str, str]:
    running = processes.running(places)
    return {key: value for name in SERVERS if name in running for key, value in running[name].about.settings.items()}


def _publish(places: Places) -> None:
    settings = _settings(places)
    if settings:
        write_atomically(places.stack_file, settings)
    else:
        places.stack_file.unlink(missing_ok=True)


def _start_order(process: Process) -> tuple[int, str]:
    order = ("postgres", "kafka", supervisor.NAME)
    return (order.index(process.name) if process.name in order else len(order), process.name)


def _told(process: Process, before: Collection[Process], begun: float) -> str:
    about = process.about
    how = "runs already" if process in before else f"started in {time.monotonic() - begun:.1f} s"
    return f"{process.name}: {how}, {about.kind} {about.version} on {about.address}"

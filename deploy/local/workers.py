"""The consumer workers: as many processes of `scrobbles consume` as are wanted."""

import os
import sys
import time
from importlib.metadata import version
from pathlib import Path

from deploy.local import processes
from deploy.local.places import Places, Say
from deploy.local.processes import About, Process, Program
from schemas.settings import APPLICATION, PREFIX, Settings, mask_url

# A worker that cannot even read its settings has ended by then; all else is in its log.
SETTLE_SECONDS = 0.3


def start_workers(places: Places, count: int, settings: Settings, say: Say) -> None:
    """Bring the number of workers to `count`; one that runs with other addresses than these is replaced."""
    about = About("consumer", version(APPLICATION), f"{settings.kafka} > {_place(settings)}")
    wanted = [f"consumer-{number}" for number in range(1, count + 1)]
    known = [process for process in processes.recorded(places) if process.about.kind == about.kind]
    kept = {process.name for process in known if process.about == about and process.is_running()} & set(wanted)
    processes.stop(places, [process for process in known if process.name not in kept], say)
    started = [_start(places, name, about) for name in wanted if name not in kept]
    settled = time.monotonic() + SETTLE_SECONDS
    for process in started:
        processes.wait_until(lambda: time.monotonic() > settled, places, process, say)
    if started:
        say(f"{', '.join(process.name for process in started)}: started")


def _start(places: Places, name: str, about: About) -> Process:
    # Only the data folder is told; the addresses are in its stack file, or in the settings that the worker reads too.
    environment = {**os.environ, f"{PREFIX}DATA": str(places.data)}
    command = [sys.executable, "-m", "cli", "consume"]
    return processes.start(places, Program(name, command, Path("/"), environment), about)


def _place(settings: Settings) -> str:
    return mask_url(settings.database_url or "").rpartition("@")[2]

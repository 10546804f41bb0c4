"""The consumer workers: as many processes of `scrobbles consume` as are wanted, and the supervisor that keeps them."""

import os
import sys
import time
from importlib.metadata import version
from pathlib import Path

from deploy.local import processes, supervisor
from deploy.local.places import Places, Say
from deploy.local.processes import About, Program
from deploy.local.supervisor import Wanted
from schemas.settings import APPLICATION, Settings, mask_url, overridden

# A worker that cannot even read its settings has ended by then; all else is in its log, and `status` tells.
SETTLE_SECONDS = 0.3


def start_workers(places: Places, count: int, settings: Settings, say: Say, *, replacing: bool = False) -> None:
    """Bring the number of workers to `count`; all are replaced if so wanted, or if they run with other addresses.

    Raises DependencyGone where one of them ends at once.
    """
    servers = f"{settings.kafka} > {mask_url(settings.database_url or '').rpartition('@')[2]}"
    wanted = Wanted(count, version(APPLICATION), servers, settings.metrics_host, settings.metrics_port)
    about = About(supervisor.NAME, wanted.version, f"log/{supervisor.NAME}.log", {"servers": servers})
    before = processes.running(places)
    keeper = before.get(supervisor.NAME)
    if keeper is not None and (replacing or keeper.about != about):
        processes.stop(places, [keeper], say)
        keeper = None
    supervisor.ask(places, wanted)
    if keeper is None:
        # Only the data folder is told; the addresses are in its stack file, or in the settings that a worker reads too.
        environment = overridden(os.environ, data=str(places.data))
        command = [sys.executable, "-m", supervisor.MODULE, str(places.data)]
        keeper = processes.start(places, Program(supervisor.NAME, command, Path("/"), environment), about)
    processes.wait_until(lambda: supervisor.is_done(places, wanted), places, keeper, say)
    ours = [process for process in processes.recorded(places) if process.name in wanted.names()]
    started = [process for process in ours if process not in before.values()]
    settled = time.monotonic() + SETTLE_SECONDS
    for process in started:
        processes.wait_until(lambda: time.monotonic() > settled, places, process, say)
    for which, what in (started, "started"), ([each for each in ours if each not in started], "runs already"):
        if which:
            say(f"{', '.join(process.name for process in which)}: {what}")

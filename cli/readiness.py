"""What the workers of this machine say of themselves."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.checks import full_disk
from deploy.local.processes import Process
from deploy.local.stack import processes_of

# A worker answers from a thread of its own, within milliseconds.
_ANSWER_SECONDS = 2.0


def unready(process: Process) -> str | None:
    """Why a worker that runs stores nothing; None where it does, or is about to begin or to end and serves nobody.

    One without partitions waits for its turn, which is no trouble.
    """
    address = urlsplit(process.about.settings.get("health", ""))
    if not address.hostname:
        return None
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer: dict[str, list[str]] = json.load(connection.getresponse())
    except TimeoutError:
        return "it does not answer: it may be frozen"
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return "; ".join(reason for reason in answer["reasons"] if "no partitions" not in reason) or None


def obstacles(data: Path) -> Iterator[str]:
    """What may keep the stack of this data folder from storing: its disk, and what its workers say of themselves."""
    running = [process for process in processes_of(data) if process.is_running()]
    if running and (full := full_disk(data)):
        yield full
    for process in running:
        if why := unready(process):
            yield f"{process.name}: {why}"

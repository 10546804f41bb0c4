"""Starts one Kafka broker and knows when it answers."""

import base64
import secrets
import subprocess
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.local import processes
from deploy.local.account import Account, as_account, private_folder
from deploy.local.java import Java
from deploy.local.kafka import jars
from deploy.local.places import Places, Say
from deploy.local.ports import LOOPBACK, answers, ports, remember, remembered
from deploy.local.processes import About, Process, Program
from schemas.errors import DependencyGone

# Nothing of ours: a JAVA_TOOL_OPTIONS or KAFKA_OPTS of this shell would change what was tested.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8"}
TEMPLATE = Path(__file__).with_name("server.properties")


def launch(places: Places, java: Java, archive: Path | None, *options: str) -> Process:
    """Start the broker of these places, with more options for Java if wanted. Does not wait; `wait` does."""
    folder = private_folder(places.servers / "kafka", places.account)
    temporary = private_folder(places.servers / "kafka-tmp", places.account)
    processes.end_strays(folder, "java")
    broker, controller = ports(places, ("kafka_port", "kafka_controller_port"))
    config = _configure(places, folder / "log", broker, controller)
    shared = [f"-XX:SharedArchiveFile={archive}"] if archive else []
    if not (folder / "log" / "meta.properties").exists():
        storage = ["kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", cluster_id(places)]
        _format([*_java(java, temporary, *shared), *storage, "-c", str(config)], folder, places.account)
    address = f"{LOOPBACK}:{broker}"
    about = About("Apache Kafka", jars.version(), address, {"kafka": address, "group_protocol": "consumer"})
    command = [*_java(java, temporary, *shared, *options), "kafka.Kafka", str(config)]
    return processes.start(places, Program("kafka", command, folder, _ENVIRONMENT, places.account), about)


def wait(places: Places, process: Process, say: Say) -> None:
    """Return once the broker answers requests; an open port is not enough. Raises DependencyGone if it never does."""
    cluster = cluster_id(places)
    processes.wait_until(lambda: is_ready(process.about.address, cluster), places, process, say)


def cluster_id(places: Places) -> str:
    """The name by which this stack knows its own broker from one that took its port."""
    known = remembered(places).get("kafka_cluster")
    if known is None:
        # Never with "-" in front, which StorageTool takes for an option.
        known = "k" + base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")[1:]
        remember(places, kafka_cluster=known)
    return known


def is_ready(address: str, cluster: str) -> bool:
    """Whether the broker of this cluster, not another one, answers there."""
    if not answers(int(address.rpartition(":")[2])):
        return False
    # One client for each try: it keeps a failed connection's back-off, and its log would fill stderr.
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    try:
        return bool(admin.list_topics(timeout=2).cluster_id == cluster)
    except KafkaException:
        return False


def _configure(places: Places, log: Path, broker: int, controller: int) -> Path:
    text = TEMPLATE.read_text("utf-8")
    for word, value in {"broker": broker, "controller": controller, "log": log}.items():
        text = text.replace(f"@{word}@", _escaped(str(value)))
    # Beside Kafka's folder, not inside: root must not write where another user could have laid a link.
    config = places.servers / "kafka.properties"
    config.write_text(text, "utf-8")
    config.chmod(0o644)
    return config


def _escaped(value: str) -> str:
    """As a Java properties file writes it: Java reads the file as Latin-1, and a folder may have any name."""
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    codes = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(code) if code < ord("\x7f") else f"\\u{code:04x}" for code in codes)


def _java(java: Java, temporary: Path, *options: str) -> list[str]:
    return [
        str(java.program),
        "-Xmx384m",
        "-XX:+UseSerialGC",
        "-Djava.awt.headless=true",
        # The compression libraries unpack themselves there and must be executable, which /tmp does not always allow.
        f"-Djava.io.tmpdir={temporary}",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ssXXX",
        *options,
        "-cp",
        jars.class_path(),
    ]


def _format(command: list[str], folder: Path, account: Account | None) -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=folder, env=_ENVIRONMENT, **as_account(account)
    )
    if done.returncode:
        raise DependencyGone("Kafka could not prepare its folder", (done.stderr or done.stdout).strip())

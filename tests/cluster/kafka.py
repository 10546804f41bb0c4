"""Three Kafka nodes as an operator runs them: replication 3, min.isr 2, TLS, SCRAM, and ACLs that allow nothing yet."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from deploy.local.java import find_java
from deploy.local.kafka import archive, jars
from tests.cli.commands import eventually
from tests.cluster.certificates import Authority

NODES = (1, 2, 3)
# Who may log in; each has this password. `admin` may do everything, the others what a test allows them.
USERS = ("admin", "operator", "worker", "importer")
PASSWORD = "a password"  # noqa: S105 - of servers that live for some minutes
_CLUSTER = "kScrobblesTestsAAAAAAA"
_TEMPLATE = Path(__file__).with_name("server.properties")


class Cluster:
    """Its nodes by number, which tests may stop, kill and freeze; the addresses stay."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self._folder = folder
        self._ports = _free_ports(3 * len(NODES))
        self._java = _java()
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        certificate, key = self.authority.issue("kafka")
        self._keys = folder / "kafka.keys.pem"
        self._keys.write_text(key.read_text() + certificate.read_text())
        self.address = ",".join(f"localhost:{self._port(node, 0)}" for node in NODES)
        for node in NODES:
            self._format(node)

    def properties(self, user: str = "admin") -> dict[str, str]:
        """What a client needs that logs in as this user."""
        return {
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": str(self.authority.certificate),
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": user,
            "sasl.password": PASSWORD,
        }

    def client(self) -> AdminClient:
        """A client that may do everything."""
        return AdminClient({"bootstrap.servers": self.address, "log_level": 0, **self.properties()})

    def allow(self, user: str, rights: Mapping[tuple[ResourceType, str], tuple[AclOperation, ...]]) -> None:
        """Allow a user these operations; a name stands for everything that begins with it."""
        bindings = [
            AclBinding(
                kind, name, ResourcePatternType.PREFIXED, f"User:{user}", "*", operation, AclPermissionType.ALLOW
            )
            for (kind, name), operations in rights.items()
            for operation in operations
        ]
        client = self.client()
        for made in client.create_acls(bindings).values():
            made.result(30)

    def controller(self) -> int:
        """The node that leads the quorum, as the nodes themselves have noted it."""
        notes = [json.loads((self._home(node) / "log/__cluster_metadata-0/quorum-state").read_text()) for node in NODES]
        latest = max(notes, key=lambda note: int(note["leaderEpoch"]))
        return int(latest["leaderId"])

    def start(self, node: int) -> None:
        """Start a node, unless it runs."""
        if node not in self._processes:
            log = (self._home(node) / "output.log").open("ab")
            with log:
                command = [*self._java, "kafka.Kafka", str(self._config(node))]
                self._processes[node] = subprocess.Popen(command, stdout=log, stderr=log)

    def end(self, node: int, number: signal.Signals) -> None:
        """End a node: SIGTERM has it hand over what it leads first."""
        process = self._processes.pop(node)
        process.send_signal(number)
        process.wait(60)

    @contextmanager
    def frozen(self, node: int) -> Iterator[None]:
        """Nothing of it runs while the block does; the kernel still answers for it."""
        self._processes[node].send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._processes[node].send_signal(signal.SIGCONT)

    def restore(self) -> None:
        """Start what does not run, and return once all answer and every replica is in sync."""
        for node in NODES:
            self.start(node)
        eventually(self.is_whole)

    def is_whole(self) -> bool:
        """Whether every partition has a leader and all its replicas in sync."""
        try:
            found = self.client().list_topics(timeout=5)
        except KafkaException:
            return False
        partitions = [each for topic in found.topics.values() for each in topic.partitions.values()]
        return len(found.brokers) == len(NODES) and all(len(each.isrs) == len(NODES) for each in partitions)

    def close(self) -> None:
        """Kill all nodes."""
        for process in self._processes.values():
            process.kill()
            process.wait()

    def _format(self, node: int) -> None:
        self._home(node).mkdir()
        values = {
            "node": node,
            "voters": ",".join(f"{each}@127.0.0.1:{self._port(each, 2)}" for each in NODES),
            "client": self._port(node, 0),
            "internal": self._port(node, 1),
            "controller": self._port(node, 2),
            "log": self._home(node) / "log",
            "keys": self._keys,
        }
        text = _TEMPLATE.read_text("utf-8")
        for word, value in values.items():
            text = text.replace(f"@{word}@", str(value))
        self._config(node).write_text(text, "utf-8")
        scram = [f"SCRAM-SHA-512=[name={user},password={PASSWORD}]" for user in USERS]
        users = [word for each in scram for word in ("--add-scram", each)]
        command = [*self._java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", str(self._config(node))]
        subprocess.run([*command, *users], check=True, capture_output=True)

    def _home(self, node: int) -> Path:
        return self._folder / f"node-{node}"

    def _config(self, node: int) -> Path:
        return self._home(node) / "server.properties"

    def _port(self, node: int, which: int) -> int:
        return self._ports[3 * (node - 1) + which]


def _java() -> list[str]:
    java = find_java(None)
    if java is None:
        pytest.exit("these tests need a real Apache Kafka: install Java 17 and Maven", 1)
    jars.fetch(print)
    quick = archive.find_or_make(java, print)
    shared = [f"-XX:SharedArchiveFile={quick}"] if quick else []
    options = ["-Xmx256m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", *shared]
    return [str(java.program), *options, "-cp", jars.class_path()]


def _free_ports(number: int) -> list[int]:
    with ExitStack() as opened:
        taken = [opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [each.getsockname()[1] for each in taken]

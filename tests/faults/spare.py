"""A Kafka and a Postgres that tests may kill, freeze and restart; one pair for all tests that do."""

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import psutil
import psycopg
import pytest

from deploy.local import stack
from deploy.local.kafka import broker
from tests.conftest import await_coordinator
from tests.faults.relay import Relay

Name = Literal["kafka", "postgres"]


class Spare:
    """`relay` lies before `relayed`, another address of the broker: who uses that one meets the relay at every step."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.create_server(("127.0.0.1", 0)) as chosen:
            behind = chosen.getsockname()[1]
        self.relay = Relay(behind)
        self.relayed = f"127.0.0.1:{self.relay.port}"
        # A broker tells its clients where it is to be found, so it must know of the relay.
        self._template = data.with_name("server.properties")
        text = broker.TEMPLATE.read_text("utf-8")
        for before, after in (
            ("\nlisteners=", f"\nlisteners=RELAYED://127.0.0.1:{behind},"),
            ("\nadvertised.listeners=", f"\nadvertised.listeners=RELAYED://{self.relayed},"),
            ("protocol.map=", "protocol.map=RELAYED:PLAINTEXT,"),
        ):
            assert before in text
            text = text.replace(before, after)
        self._template.write_text(text, "utf-8")
        self.start()

    def start(self) -> None:
        """Start what does not run, and wait until it answers; the addresses stay."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(broker, "TEMPLATE", self._template)
            addresses = stack.servers(self.data)
        self.kafka, self.database_url = addresses.kafka, addresses.database_url

    def processes(self, name: Name) -> list[psutil.Process]:
        """The server, and the processes it has made."""
        (server,) = [psutil.Process(found.pid) for found in stack.processes_of(self.data) if found.name == name]
        return [server, *server.children(recursive=True)]

    def kill(self, name: Name) -> None:
        server, *_ = self.processes(name)
        server.send_signal(signal.SIGKILL)
        psutil.wait_procs([server], 30)

    @contextmanager
    def frozen(self, name: Name) -> Iterator[None]:
        """Nothing of it runs while the block does; the kernel still answers for it."""
        stopped = self.processes(name)
        for process in stopped:
            process.suspend()
        try:
            yield
        finally:
            for process in stopped:
                process.resume()


@contextmanager
def spare_servers() -> Iterator[Spare]:
    parent = Path(tempfile.mkdtemp(prefix="scrobbles-spare-"))
    parent.chmod(0o755)
    started = None
    try:
        started = Spare(parent / "data")
        # Losing power is no part of these tests; losing the process is.
        with psycopg.connect(started.database_url, autocommit=True) as connection:
            connection.execute("alter system set fsync = off")
            connection.execute("select pg_reload_conf()")
        await_coordinator(started.kafka)
        yield started
    finally:
        if started:
            started.relay.cut()
        stack.stop(parent / "data", purging=True)
        shutil.rmtree(parent)


def is_root() -> bool:
    return os.geteuid() == 0

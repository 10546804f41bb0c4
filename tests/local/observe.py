"""What the tests of the local stack look at: commands, processes, messages."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from deploy.local.stack import processes_of
from schemas.settings import PREFIX

SECONDS = 30.0


def scrobbles(data: Path, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    """The command for this data folder, from a working folder that has nothing to do with the checkout."""
    return scrobbles_in(Path("/"), data, *arguments, **environment)


def scrobbles_in(folder: Path, data: Path, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    """The command for this data folder, from that working folder."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return subprocess.Popen(
        [sys.executable, "-m", "cli", *arguments],
        env={**inherited, f"{PREFIX}DATA": str(data), **environment},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(command: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    output, errors = command.communicate(timeout=4 * SECONDS)
    return command.returncode, output, errors


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came true"


def pids(data: Path) -> dict[str, int]:
    return {process.name: process.pid for process in processes_of(data) if process.is_running()}


def left_over(data: Path) -> list[psutil.Process]:
    """Processes that work in the servers' folders, or were started for this data folder."""
    return [process for process in psutil.process_iter() if _belongs(process, data)]


def kill_all(data: Path) -> None:
    for pid in pids(data).values():
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not pids(data))


def send(address: str, topic: str, value: bytes) -> None:
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(SECONDS)
    producer = Producer({"bootstrap.servers": address, "acks": "all"})
    producer.produce(topic, value)
    assert producer.flush(SECONDS) == 0


def receive_and_commit(address: str, topic: str) -> bytes | None:
    consumer = Consumer({"bootstrap.servers": address, "group.id": "reader", "enable.auto.commit": False})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        message = consumer.poll(SECONDS)
        assert message is not None
        assert message.error() is None
        (committed,) = consumer.commit(message=message, asynchronous=False)
        assert committed.error is None
        return message.value()
    finally:
        consumer.close()


def _belongs(process: psutil.Process, data: Path) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        inside = Path(process.cwd()).is_relative_to((data / "servers").resolve())
        return inside or process.environ().get(f"{PREFIX}DATA") == str(data)
    except psutil.Error:
        return False

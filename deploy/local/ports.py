"""Loopback ports, and what else must be the same after a restart."""

import socket
from collections.abc import Iterable
from contextlib import ExitStack

import msgspec

from deploy.local.places import Places, write_atomically
from schemas.errors import ConfigurationFault

LOOPBACK = "127.0.0.1"


def remembered(places: Places) -> dict[str, str]:
    """What was remembered at an earlier start; lies beside the servers' files and shares their fate.

    Raises ConfigurationFault where the file is damaged: without it nobody knows the password of the database.
    """
    path = places.servers / "remembered.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        hint = "it holds the password of the database: restore it from a backup"
        raise ConfigurationFault(f"{path} is damaged: {error}", hint) from error


def remember(places: Places, **values: str) -> None:
    """Keep these values for later starts."""
    write_atomically(places.servers / "remembered.json", {**remembered(places), **values})


def ports(places: Places, names: Iterable[str]) -> list[int]:
    """A free loopback port for each name: the one of last time where it is still free, so that bookmarks keep working.

    Somebody may take the port before the server does; then the server ends, and says so in its log.
    """
    last = remembered(places)
    with ExitStack() as held:
        chosen = {name: held.enter_context(_bound(int(last.get(name, 0)))).getsockname()[1] for name in names}
    if any(last.get(name) != str(port) for name, port in chosen.items()):
        remember(places, **{name: str(port) for name, port in chosen.items()})
    return list(chosen.values())


def free_port(preferred: int) -> int:
    """A free loopback port: this one where it is free. 0 prefers none."""
    with _bound(preferred) as held:
        return int(held.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens on this loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def _bound(port: int) -> socket.socket:
    probe = socket.socket()
    # As the servers do: connections of the last run that the kernel still remembers do not make a port taken.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((LOOPBACK, port))
    except OSError:
        probe.bind((LOOPBACK, 0))
    return probe

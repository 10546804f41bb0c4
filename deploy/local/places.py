"""Where the stack of one data folder keeps its files.

    <data>/scrobbles-stack.json  the mark of a folder that holds a stack
    <data>/stack.json     the addresses, for every other verb; there while something runs
    <data>/lock           held by the one `up` or `down` at work
    <data>/run/           one record per started process
    <data>/log/           one log per process, and what was in it before
    <data>/servers/       kafka/, postgres/ and remembered.json

As root, the servers' user must be able to enter `servers`. Under a folder like /root it cannot, and opening such a
folder would expose the rest of it; then `servers` is a link to a folder below /var/lib/scrobble-stream.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

import msgspec
import platformdirs

from deploy.local.account import Account, may_enter, open_folder, service_account
from schemas.data_folder import STACK_FILE
from schemas.errors import ConfigurationFault, refused
from schemas.settings import APPLICATION

# How a step says what it does; `up` prints it.
Say: TypeAlias = Callable[[str], None]

# Where root keeps what an unprivileged user must reach.
ROOT_STATE = Path("/var/lib") / APPLICATION
ROOT_CACHE = Path("/var/cache") / APPLICATION

LOCK = "lock"


class Places(NamedTuple):
    """The folders of one stack, and the user of its servers."""

    data: Path
    account: Account | None

    @property
    def run(self) -> Path:
        """The records of what was started."""
        return self.data / "run"

    @property
    def log(self) -> Path:
        """The logs."""
        return self.data / "log"

    @property
    def servers(self) -> Path:
        """What Kafka and Postgres own; the real path, for their user cannot follow a link out of a closed folder."""
        return (self.data / "servers").resolve()

    @property
    def stack_file(self) -> Path:
        """The addresses of what runs."""
        return self.data / STACK_FILE


def cache_folder() -> Path:
    """What was downloaded or copied once for all stacks of this user. Outside the checkout, which comes and goes."""
    return ROOT_CACHE if os.geteuid() == 0 else Path(platformdirs.user_cache_dir(APPLICATION))


def open_places(data: Path) -> Places:
    """The places of a data folder, made where they are missing. Folders that exist keep their mode and owner."""
    make_data_folder(data)
    places = Places(data, service_account())
    for folder in (places.run, places.log):
        folder.mkdir(mode=0o700, exist_ok=True)
    _make_servers_folder(places)
    return places


def make_data_folder(data: Path) -> None:
    """Make the data folder unless it is there. As root the servers' user must pass through it.

    Raises ConfigurationFault where that cannot be, or nothing can be written there.
    """
    try:
        data.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        (data / LOCK).open("ab").close()
    except OSError as error:
        hint = refused(error).hint or "SCROBBLES_DATA chooses another data folder"
        raise ConfigurationFault(f"the folder {data} cannot be used: {error.strerror}", hint) from error


def _make_servers_folder(places: Places) -> None:
    folder = places.data / "servers"
    if not folder.is_symlink() and not may_enter(places.data, places.account):
        folder.symlink_to(_elsewhere(places.data))
    open_folder(places.servers)


def _elsewhere(data: Path) -> Path:
    return ROOT_STATE / hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]


def write_atomically(path: Path, content: object) -> None:
    """Replace a private JSON file: a reader sees the old one or the new one, and only this user reads it.

    Raises OSError, which names the file.
    """
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
    except OSError as error:
        error.filename = str(path)  # a write that fails does not name it
        raise
    new.replace(path)

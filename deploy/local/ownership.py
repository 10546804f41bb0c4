"""Which folders are ours: no stranger's is used or deleted, and a copy is never taken for the original.

`up` marks the folder that it uses (schemas/data_folder.py). Folders of versions that made no mark are known by what
they hold. A copied folder holds the original's mark, and with it records of processes that are not its own: `up`
forgets these and marks the copy as a stack of its own.
"""

import shutil
from contextlib import suppress
from pathlib import Path

from deploy.local.places import LOCK, ROOT_STATE, Places, Say, write_atomically
from schemas.data_folder import MARK_FILE, STACK_FILE, Mark, mark_in
from schemas.errors import ConfigurationFault, UsageFault

# In a folder that is otherwise empty these are nobody's: our own lock, and what a new file system begins with.
_NOTHING = {LOCK, "lost+found"}
_FOLDERS = ("run", "log", "servers")
# All that we make, by folder; a purge deletes nothing else.
_MADE = {
    "run": ("*.json", "workers.*", ".*.new"),
    "log": ("*.log", "*.log.1"),
    "servers": ("kafka", "kafka-tmp", "kafka.properties", "postgres", "postgres.new", "password", "*.json", ".*.new"),
    "": (STACK_FILE, MARK_FILE, f".{STACK_FILE}.new", f".{MARK_FILE}.new", LOCK),
}


def is_stack(data: Path) -> bool:
    """Whether this folder holds a stack, or held one: by its mark, or by the folders that versions without one made."""
    return mark_in(data) is not None or all((data / name).is_dir() for name in _FOLDERS)


def require_usable(data: Path, *, adopt: bool) -> None:
    """Raise UsageFault where a stack in this folder would lie among somebody else's files, unless that is meant."""
    if is_stack(data) or not data.is_dir():
        return
    found = sorted(path.name for path in data.iterdir() if path.name not in _NOTHING)
    if found and not adopt:
        raise UsageFault(
            f"{data} holds files that are not of a stack, such as {found[0]}: nothing was started",
            "set SCROBBLES_DATA to a folder that is empty or does not exist; --adopt uses this one all the same",
        )
    taken = [name for name in _FOLDERS if name in found]
    if taken:
        raise UsageFault(f"{data} has a folder {taken[0]}, which a stack needs for itself: nothing was started")


def claim(places: Places) -> None:
    """Mark the folder as ours. In a copy, forget the processes of the original.

    Raises ConfigurationFault for a copy whose servers are still those of the original.
    """
    before, now = mark_in(places.data), Mark.of(places.data)
    if (places.data / "servers").is_symlink():
        _claim_servers(places, now)
    if before and before.folder != now.folder:
        _delete(places.run, _MADE["run"])
        places.stack_file.unlink(missing_ok=True)
    if before != now:
        write_atomically(places.data / MARK_FILE, now)


def _claim_servers(places: Places, now: Mark) -> None:
    """Root's servers lie elsewhere, behind a link. It was copied too, so where it leads to has a mark of its own."""
    before = mark_in(places.servers)
    if before and before.folder != now.folder and _is_there(before):
        raise ConfigurationFault(
            f"{places.data} is a copy of {before.path}: its servers are a link to those of the original",
            f"with both stopped, copy {places.servers} and let the link {places.data / 'servers'} lead to the copy",
        )
    if before != now:
        write_atomically(places.servers / MARK_FILE, now)


def _is_there(mark: Mark) -> bool:
    """Whether the folder still is where it was marked: else it was moved, and did not become two."""
    try:
        return Mark.of(Path(mark.path)).folder == mark.folder
    except OSError:
        return False


def purge(places: Places, say: Say) -> None:
    """Delete what the stack made, data, logs and all, and the folder if that leaves it empty.

    A link that somebody made is deleted, what it leads to is not.
    """
    servers = places.data / "servers"
    if servers.is_symlink() and places.servers.parent == ROOT_STATE:
        _purge_servers_elsewhere(places)
    for name, made in _MADE.items():
        folder = places.data / name
        if folder.is_symlink() and name:
            say(f"{folder.resolve()} was not deleted, for {folder} is a link to it")
            folder.unlink()
        elif folder.is_dir():
            _delete(folder, made)
            with suppress(OSError):
                folder.rmdir()


def _purge_servers_elsewhere(places: Places) -> None:
    mark = mark_in(places.servers)
    if mark is None or mark.folder == Mark.of(places.data).folder:
        shutil.rmtree(places.servers, ignore_errors=True)
        (places.data / "servers").unlink()


def _delete(folder: Path, names: tuple[str, ...]) -> None:
    for path in [path for name in names for path in folder.glob(name)]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

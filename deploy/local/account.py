"""As whom the servers run: Postgres refuses root, and Kafka has no business being root."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple


class Account(NamedTuple):
    """An unprivileged user of this machine."""

    name: str
    uid: int
    gid: int


def service_account() -> Account | None:
    """The user that root lends to the servers: `postgres` where it exists, else `nobody`. None for anybody but root."""
    if os.geteuid() != 0:
        return None
    users = {user.pw_name: user for user in pwd.getpwall()}
    chosen = users.get("postgres") or users["nobody"]
    return Account(chosen.pw_name, chosen.pw_uid, chosen.pw_gid)


def as_account(account: Account | None) -> dict[str, Any]:
    """The arguments of Popen that start a program as this user; none where we keep our own."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def may_enter(path: Path, account: Account | None) -> bool:
    """Whether this user can execute a file, or enter a folder.

    The system is asked, as that user: file modes alone know nothing of access lists and mount options.
    """
    if account is None:
        return os.access(path, os.X_OK)
    test = shutil.which("test", path=os.defpath) or "test"  # not in a folder of PATH that this user cannot enter
    return subprocess.run([test, "-x", path], check=False, cwd="/", **as_account(account)).returncode == 0


def open_folder(path: Path) -> Path:
    """Make a folder that everybody may enter, whatever umask root has. One that exists keeps its mode."""
    if not path.exists():
        open_folder(path.parent)
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
    return path


def open_to_all(path: Path) -> None:
    """Let everybody read a file or a tree of ours, and enter or execute what its owner may."""
    for each in (path, *path.rglob("*")):
        if not each.is_symlink():
            mode = each.stat().st_mode & 0o777
            each.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)


def private_folder(path: Path, account: Account | None) -> Path:
    """Make a folder that only this user enters, unless it is there.

    Never inside a folder of that user: it could have laid a link there, and root would give away what it leads to.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account:
        os.chown(path, account.uid, account.gid)
    return path

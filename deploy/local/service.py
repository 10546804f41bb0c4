"""What starts the local stack at boot: a unit of systemd that runs `up` at its start and `down` at its stop.

For root it is a unit of the system, for everybody else one of the user. The settings are in a file of their own that
only this user can read, for they may hold passwords, and units can be read by everybody.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import platformdirs

from schemas import failpoints
from schemas.settings import APPLICATION, CONFIG_VARIABLE, PREFIX

NAME = "scrobbles.service"
# What programs are found by, and what says where files are.
_SURROUNDINGS = ("PATH", "JAVA_HOME", "TZ", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")
_UNIT = """\
[Unit]
Description=scrobble-stream: Kafka, Postgres and the workers for {data}

[Service]
Type=oneshot
RemainAfterExit=yes
EnvironmentFile={settings}
ExecStart={up}
ExecStop={down}
# The first start fetches Kafka; after a crash Postgres repairs its files.
TimeoutStartSec=900
TimeoutStopSec=180

[Install]
WantedBy={target}
"""


class Files(NamedTuple):
    """The unit, the settings beside it, and what the unit starts with."""

    unit: Path
    settings: Path
    target: str


def files() -> Files:
    """Where they are for this user."""
    settings = Path(platformdirs.user_config_dir(APPLICATION)) / "service.env"
    if os.geteuid() == 0:
        return Files(Path("/etc/systemd/system") / NAME, settings, "multi-user.target")
    return Files(Path(platformdirs.user_config_dir()) / "systemd" / "user" / NAME, settings, "default.target")


def unit(data: Path, workers: int) -> str:
    """The unit for this data folder."""
    where = files()
    # systemd itself runs no program with a quote or a backslash in its path.
    command = ["/usr/bin/env", sys.executable, "-m", "cli"]
    return _UNIT.format(
        data=_escaped(str(data)),
        settings=_escaped(str(where.settings)),
        up=_command(*command, "up", "--workers", str(workers)),
        down=_command(*command, "down"),
        target=where.target,
    )


def settings_file(data: Path, environment: Mapping[str, str]) -> str:
    """The settings of now, as systemd reads them: whatever names a file names it from everywhere."""
    return "".join(f'{name}="{_quoted(text)}"\n' for name, text in sorted(_settings(data, environment)))


def write(path: Path, text: str, mode: int) -> bool:
    """Replace the file unless it says so already; returns whether it was replaced."""
    if path.is_file() and path.read_text("utf-8") == text:
        path.chmod(mode)
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
    return True


def _settings(data: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield f"{PREFIX}DATA", str(data)
    for name, text in environment.items():
        if name in _SURROUNDINGS:
            yield name, text
        elif name == CONFIG_VARIABLE or (name.startswith(PREFIX) and name.endswith("_FILE")):
            yield name, str(Path(text).absolute())
        elif name.startswith(PREFIX) and name not in (f"{PREFIX}DATA", failpoints.VARIABLE):
            yield name, text


def _command(*words: str) -> str:
    return " ".join(f'"{_escaped(_quoted(word)).replace("$", "$$")}"' if _is_odd(word) else word for word in words)


def _is_odd(word: str) -> bool:
    return re.fullmatch(r"[\w@:/.,+=-]+", word) is None


def _quoted(text: str) -> str:
    return re.sub(r'(["\\`])', r"\\\1", text)


def _escaped(text: str) -> str:
    # systemd expands % everywhere in a unit.
    return text.replace("%", "%%")

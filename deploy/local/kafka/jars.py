"""Kafka's jars: fetched once by Maven, checked against the committed digests, kept in the cache folder."""

import hashlib
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from deploy.local.account import open_folder, open_to_all
from deploy.local.lock import locked
from deploy.local.places import Say, cache_folder
from schemas.errors import ConfigurationFault, DependencyGone

POM = Path(__file__).with_name("pom.xml")
DIGESTS = Path(__file__).with_name("jars.sha256")
# Pinned, for another version of the plugin may copy other files.
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
# What Maven says of a file that it has fetched, whatever server it came from.
_DOWNLOADED = re.compile(r"Downloaded from \S+ \S*/(\S+)")
_TELL_SECONDS = 2.0


@cache
def expected() -> dict[str, str]:
    """The name and SHA-256 of every jar."""
    lines = DIGESTS.read_text("utf-8").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def version() -> str:
    """Kafka's version, such as 4.3.1."""
    (found,) = re.findall(r"kafka-server-([0-9.]+)\.jar", DIGESTS.read_text("utf-8"))
    return str(found)


def home() -> Path:
    """Where the cache keeps this very set of jars, and the archives made from it; another set has another folder."""
    return cache_folder() / f"kafka-{version()}-{hashlib.sha256(DIGESTS.read_bytes()).hexdigest()[:8]}"


def cached() -> bool:
    """Whether the jars are there. They are only ever there whole and checked."""
    return (home() / "jars").is_dir()


def class_path() -> str:
    """The jars, always in the same order: the class-data archive is valid for one order only."""
    return ":".join(str(home() / "jars" / name) for name in sorted(expected()))


def fetch(say: Say) -> None:
    """Fill the cache unless it is filled. Raises DependencyGone if Maven cannot, ConfigurationFault on a wrong jar."""
    if cached():
        return
    program = shutil.which("mvn")
    if program is None:
        raise DependencyGone("Maven is not installed, and Kafka's jars are not in the cache", "install maven")
    say(f"fetching Apache Kafka by Maven, once ({len(expected())} files, 44 MB)")
    with locked(open_folder(home()), say):
        if not cached():
            _fetch(program, say)


def _fetch(program: str, say: Say) -> None:
    with tempfile.TemporaryDirectory(dir=home(), prefix="fetching-") as folder:
        target = Path(folder) / "jars"
        _copy_dependencies(program, target, say)
        verify(target)
        open_to_all(target)
        target.rename(home() / "jars")


def verify(folder: Path) -> None:
    """Raise ConfigurationFault unless the folder holds exactly the jars that were committed."""
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    wrong = sorted(name for name, _ in found.items() ^ expected().items())
    if wrong:
        raise ConfigurationFault(
            f"Maven delivered other jars than the ones this version was made with: {', '.join(dict.fromkeys(wrong))}",
            "delete them from ~/.m2/repository and try again; if they are wrong again, do not trust their source",
        )


def _copy_dependencies(program: str, target: Path, say: Say) -> None:
    command = [program, "-B", "-Dstyle.color=never", "-f", str(POM), _COPY]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", cwd=target.parent
    ) as maven:
        try:
            said = list(_watched(maven.stdout or (), say))
        except BaseException:
            maven.kill()
            raise
    if maven.returncode:
        errors = [line.removeprefix("[ERROR]").strip() for line in said if line.startswith("[ERROR]")]
        reason = next(filter(None, [*errors, *reversed(said)]), f"exit code {maven.returncode}")
        raise DependencyGone(f"Maven could not fetch Kafka: {reason}", "is there a network?")


def _watched(lines: Iterable[str], say: Say) -> Iterator[str]:
    """The lines of Maven, and a word every few seconds on how far it is. It fetches parts of itself too."""
    kafka, maven, told = 0, 0, time.monotonic()
    for line in lines:
        if found := _DOWNLOADED.search(line):
            is_wanted = found[1] in expected()
            kafka, maven = kafka + is_wanted, maven + (not is_wanted)
        if time.monotonic() - told > _TELL_SECONDS:
            say(f"fetched {kafka} of {len(expected())} files, and {maven} of Maven's own")
            told = time.monotonic()
        yield line.strip()

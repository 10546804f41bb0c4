"""A Postgres primary as an operator runs it, with TLS only and a role for each task, and an asynchronous replica."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from shutil import rmtree
from typing import Any
from urllib.parse import quote

import psutil
import psycopg

from deploy.local.account import as_account, private_folder, service_account
from deploy.local.ports import free_port
from deploy.local.postgres_programs import find_programs
from sql.migrate import migrate
from tests.cli.commands import eventually
from tests.cluster.certificates import Authority

DATABASE = "plays"
PASSWORD = "a password"  # noqa: S105
# Who may log in, each with this password. `owner` makes the schema, the others have what deploy/grants.sql gives them.
ROLES = ("owner", "worker", "importer", "reader")
_GRANTS = files("deploy") / "grants.sql"
_HBA = """
hostssl all,replication all 127.0.0.1/32 scram-sha-256
hostssl all,replication all ::1/128 scram-sha-256
"""
_OPTIONS = {
    "listen_addresses": "localhost",
    "unix_socket_directories": "",
    "fsync": "off",
    "wal_keep_size": "512MB",
    "shared_buffers": "64MB",
}


class Server:
    """One Postgres at a port that stays. `authority` signed its certificate; postgres is the superuser."""

    def __init__(self, folder: Path, authority: Authority, name: str) -> None:
        self.authority = authority
        self.port = free_port(0)
        self._account = service_account()
        self._programs = find_programs(self._account).folder
        self._folder = folder / name
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        # Not our HOME, in which the servers' user may not look for certificates.
        self._there: dict[str, Any] = {
            "cwd": self._folder,
            "env": {"HOME": str(self._folder)},
            **as_account(self._account),
        }
        private_folder(self._folder, self._account)

    def make(self) -> None:
        """An empty cluster, which takes nobody without TLS."""
        password = self._folder.with_name("password")
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run("initdb", "-U", "postgres", "--pwfile", password, "--auth=scram-sha-256", "--encoding=UTF8")
        self.certify(self.authority)
        self._write("pg_hba.conf", _HBA)
        # Not an option of its command line, which no later setting could change.
        self._write("postgresql.conf", "ssl = on\n")

    def copy(self, primary: "Server") -> None:
        """What the primary has now, to follow it from here on."""
        self._run("pg_basebackup", "-R", "-c", "fast", "-X", "stream", "-d", primary.url("postgres"))

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = [part for key, value in _OPTIONS.items() for part in ("-c", f"{key}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self._folder), "-p", str(self.port), *options]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._there)
        eventually(self._answers)

    def kill(self) -> None:
        """What a machine does that loses its power."""
        if self._process:
            server = psutil.Process(self._process.pid)
            children = server.children(recursive=True)
            self._process.kill()
            self._process.wait()
            self._process = None
            psutil.wait_procs(children, 30)

    def certify(self, authority: Authority) -> None:
        """Have it show a certificate that this authority signed, once its settings are read again."""
        for source, target in zip(authority.issue("postgres"), ("server.crt", "server.key"), strict=True):
            self._write(target, source.read_text())

    def reject(self, *roles: str) -> None:
        """Have pg_hba.conf refuse these roles, and no others, once its settings are read again."""
        refusals = "".join(f"hostssl all {role} all reject\n" for role in roles)
        self._write("pg_hba.conf", refusals + _HBA)

    def promote(self) -> None:
        """Make a replica the primary."""
        self.order("select pg_promote()")

    def fall_behind(self) -> None:
        """Have a replica receive nothing more of what its primary commits."""
        self.order("alter system set primary_conninfo = ''", "select pg_reload_conf()")
        eventually(lambda: self.asked("select count(*) from pg_stat_wal_receiver") == 0)

    def url(self, user: str, database: str = DATABASE, *others: "Server") -> str:
        """Its address for this user, with the others as further hosts, of which the one that takes writes is meant."""
        hosts = ",".join(f"localhost:{server.port}" for server in (self, *others))
        writes = "&target_session_attrs=read-write" if others else ""
        tls = f"sslmode=verify-full&sslrootcert={quote(str(self.authority.certificate))}"
        return f"postgresql://{user}:{quote(PASSWORD)}@{hosts}/{database}?{tls}{writes}"

    def order(self, *statements: str, database: str = "postgres") -> None:
        """Have the superuser do this, each by itself."""
        with psycopg.connect(self.url("postgres", database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def asked(self, question: str, database: str = "postgres") -> object:
        """The one value that answers it."""
        with psycopg.connect(self.url("postgres", database), autocommit=True) as connection:
            (answer,) = connection.execute(question.encode()).fetchone() or (None,)
        return answer

    def _answers(self) -> bool:
        assert self._process
        assert self._process.poll() is None, self._log.read_text()
        with suppress(psycopg.OperationalError):
            return self.asked("select 1") == 1
        return False

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [self._programs / program, "-D", self._folder, *arguments]
        done = subprocess.run(command, check=False, capture_output=True, **self._there)
        assert done.returncode == 0, done.stderr.decode()

    def _write(self, name: str, text: str) -> None:
        command = ["sh", "-c", f"umask 077; cat > {name}"]
        subprocess.run(command, check=True, input=text.encode(), **self._there)


@contextmanager
def server() -> Iterator[Server]:
    """A server of its own with TLS and nothing in it."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="scrobbles-postgres-"))
        stack.callback(rmtree, folder)
        folder.chmod(0o755)
        started = Server(folder, Authority(folder), "primary")
        stack.callback(started.kill)
        started.make()
        started.start()
        yield started


@contextmanager
def primary_and_replica() -> Iterator[tuple[Server, Server]]:
    """A primary with our schema and roles of the least rights, and a replica that follows it."""
    with server() as primary:
        set_up(primary)
        replica = Server(Path(primary.authority.certificate).parent, primary.authority, "replica")
        try:
            replica.copy(primary)
            replica.start()
            yield primary, replica
        finally:
            replica.kill()


def set_up(primary: Server) -> None:
    """A database with our schema, and the roles with what deploy/grants.sql gives them; nobody else may enter it."""
    primary.order(
        *(f"create role {role} login password '{PASSWORD}'" for role in ROLES),
        f"create database {DATABASE} owner owner",
        f"revoke all on database {DATABASE} from public",
        f"grant connect on database {DATABASE} to {', '.join(ROLES)}",
    )
    migrate(primary.url("owner"))
    with psycopg.connect(primary.url("owner")) as connection:
        connection.execute(_GRANTS.read_bytes())

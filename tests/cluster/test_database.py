"""What a running worker cannot wait out ends it, with the exit code of its kind."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import msgspec
import psycopg
import pytest

from schemas.settings import Settings
from tests.cli.commands import Commands, eventually
from tests.cli.groups import dealt_with, plays, publish
from tests.cluster.certificates import Authority
from tests.cluster.postgres import PASSWORD, Server, server, set_up
from tests.consumers.logs import new_source

_END_SESSIONS = "select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity where usename = 'worker'"


class Harmed(NamedTuple):
    """A server, and a session in it that lives on whatever is changed for new ones."""

    server: Server
    session: psycopg.Connection

    def order(self, *statements: str) -> None:
        for statement in (*statements, "select pg_reload_conf()"):
            self.session.execute(statement.encode())


Harm: TypeAlias = Callable[[Harmed], None]


def show_certificate_of_stranger(harmed: Harmed) -> None:
    harmed.server.certify(Authority(harmed.server.authority.certificate.parent, "stranger"))
    harmed.order()


def reject(harmed: Harmed) -> None:
    harmed.server.reject("worker")
    harmed.order()


def rename(harmed: Harmed) -> None:
    # Nobody may be in it meanwhile.
    harmed.order("alter database plays allow_connections false", _END_SESSIONS, "alter database plays rename to played")


def order(statement: str) -> Harm:
    return lambda harmed: harmed.order(statement)


HARMS: dict[str, tuple[Harm, int, str]] = {
    "a certificate of somebody else": (show_certificate_of_stranger, 78, "TLS: SSL error: certificate verify failed"),
    "no TLS any more": (order("alter system set ssl = off"), 78, "TLS: server does not support SSL"),
    "pg_hba.conf": (reject, 77, "pg_hba.conf rejects connection"),
    "no right to connect": (
        order("revoke connect on database plays from worker"),
        77,
        "permission denied for database",
    ),
    "no right to log in": (order("alter role worker nologin"), 77, "not permitted to log in"),
    "another password": (order("alter role worker password 'another'"), 77, "password authentication failed"),
    "another name of the database": (rename, 78, 'database "plays" does not exist'),
    "read-only for the role": (order("alter role worker set default_transaction_read_only = on"), 78, "read-only"),
    "read-only for everybody": (order("alter system set default_transaction_read_only = on"), 78, "read-only"),
}


@pytest.fixture(scope="module")
def primary() -> Iterator[Server]:
    with server() as started:
        set_up(started)
        yield started


@pytest.fixture
def harmed(primary: Server) -> Iterator[Harmed]:
    """It is whole again when the test has ended."""
    with psycopg.connect(primary.url("postgres", "postgres"), autocommit=True) as session:
        session.execute("set default_transaction_read_only = off")
        yield Harmed(primary, session)
        if session.execute("select from pg_database where datname = 'played'").rowcount:
            session.execute("alter database played rename to plays")
            session.execute("alter database plays allow_connections true")
        primary.certify(primary.authority)
        primary.reject()
        for statement in (
            "alter system reset all",
            f"alter role worker login password '{PASSWORD}'",
            "alter role worker reset all",
            "grant connect on database plays to worker",
            "select pg_reload_conf()",
        ):
            session.execute(statement.encode())


@pytest.mark.parametrize(("harm", "code", "said"), HARMS.values(), ids=HARMS.keys())
def test_what_does_not_pass_ends_a_running_worker(
    harmed: Harmed, cluster: Settings, harm: Harm, code: int, said: str
) -> None:
    settings = msgspec.structs.replace(cluster, database_url=harmed.server.url("worker"))
    with Commands(settings, cluster.data) as commands:
        with psycopg.connect(harmed.server.url("postgres"), autocommit=True) as connection:
            source, before = new_source(connection), dealt_with(connection)
            worker = commands.worker()
            publish(settings, "import", source, plays(10))
            eventually(lambda: dealt_with(connection) == before + 10, worker)
        harm(harmed)
        # The server reads its settings again when it gets to it.
        eventually(lambda: harmed.session.execute(_END_SESSIONS) and worker.process.poll() is not None)
        assert worker.ended() == code, worker.said
        assert said in worker.said
        assert PASSWORD not in worker.said

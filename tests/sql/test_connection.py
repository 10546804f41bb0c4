"""What errors of the driver and the server mean: every one is provoked on a real server."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from schemas.errors import AccessDenied, ConfigurationFault, DependencyGone, Fault
from sql import connection as connections
from sql.connection import connect, fault_of, meaning_of


@pytest.fixture
def session(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as opened:
        opened.execute("create table place (id integer primary key, name text check (name <> 'bad'))")
        opened.execute("insert into place values (1, 'one'), (2, 'two')")
        yield opened


@contextmanager
def another(session: psycopg.Connection) -> Iterator[psycopg.Connection]:
    url = {"conninfo": session.info.dsn, "password": session.info.password}
    with psycopg.connect(**url, autocommit=False) as opened:  # type: ignore[arg-type]
        yield opened
        opened.rollback()


def deadlock(session: psycopg.Connection) -> None:
    session.execute("set deadlock_timeout = '50ms'")
    with another(session) as other, session.transaction():
        other.execute("update place set name = 'x' where id = 1")
        session.execute("update place set name = 'y' where id = 2")
        thread = threading.Thread(target=lambda: other.execute("update place set name = 'x' where id = 2"))
        thread.start()
        try:
            session.execute("update place set name = 'y' where id = 1")
        finally:
            if session.info.transaction_status is TransactionStatus.INERROR:
                session.execute("rollback")
            thread.join(30)


def lock_timeout(session: psycopg.Connection) -> None:
    with another(session) as other:
        other.execute("lock table place")
        session.execute("set lock_timeout = '30ms'")
        session.execute("update place set name = 'x'")


def statement_timeout(session: psycopg.Connection) -> None:
    session.execute("set statement_timeout = '30ms'")
    session.execute("select pg_sleep(30)")


def terminated(session: psycopg.Connection) -> None:
    with another(session) as other:
        other.execute("select pg_terminate_backend(%s)", (session.info.backend_pid,))
    session.execute("select 1")


def idle_in_transaction(session: psycopg.Connection) -> None:
    session.execute("set idle_in_transaction_session_timeout = '30ms'")
    with session.transaction():
        session.execute("select 1")
        with another(session) as other:
            deadline = time.monotonic() + 30
            while other.execute(
                "select 1 from pg_stat_activity where pid = %s", (session.info.backend_pid,)
            ).fetchone():
                assert time.monotonic() < deadline
                other.rollback()
        session.execute("select 1")


def closed(session: psycopg.Connection) -> None:
    session.close()
    session.execute("select 1")


def no_right(session: psycopg.Connection) -> None:
    session.execute("set role pg_monitor")
    session.execute("insert into place values (3)")


def read_only(session: psycopg.Connection) -> None:
    session.execute("set default_transaction_read_only = on")
    session.execute("insert into place values (3)")


def statement(text: str, *values: object) -> Callable[[psycopg.Connection], object]:
    return lambda session: session.execute(text.encode(), values)


PROVOKED: dict[str, tuple[Callable[[psycopg.Connection], object], str]] = {
    "deadlock": (deadlock, "again"),
    "lock timeout": (lock_timeout, "again"),
    "statement timeout": (statement_timeout, "again"),
    "terminated by an operator": (terminated, "gone"),
    "idle in transaction": (idle_in_transaction, "gone"),
    "closed connection": (closed, "gone"),
    "transaction timeout": (statement("do $$ begin raise sqlstate '25P04'; end $$"), "gone"),
    "database dropped": (statement("do $$ begin raise sqlstate '57P04'; end $$"), "gone"),
    "idle session": (statement("do $$ begin raise sqlstate '57P05'; end $$"), "gone"),
    "unique violation": (statement("insert into place values (1)"), "unstorable"),
    "check violation": (statement("insert into place values (3, 'bad')"), "unstorable"),
    "NUL in a text": (statement("insert into place values (3, %s)", "a\0b"), "unstorable"),
    "number out of range": (statement("select %s::bigint::integer", 2**40), "unstorable"),
    "no UTF-8": (statement("select convert_from(%s, 'UTF8')", b"\xff"), "unstorable"),
    "missing parameter": (statement("select %s, %s", 1), "broken"),
    "missing right": (no_right, "denied"),
    "read-only": (read_only, "gone"),
    "missing table": (statement("select from no_such_table"), "broken"),
    "missing column": (statement("select no_such_column from place"), "broken"),
}


@pytest.mark.parametrize(("provoke", "meaning"), PROVOKED.values(), ids=PROVOKED.keys())
def test_what_an_error_asks_us_to_do(
    session: psycopg.Connection, provoke: Callable[[psycopg.Connection], object], meaning: str
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        provoke(session)
    assert meaning_of(caught.value) == meaning, caught.value.sqlstate


def fault(url: str) -> Fault:
    with pytest.raises(Fault) as caught:
        connect(url)
    return caught.value


def test_a_wrong_port_is_told_at_once_and_named(database: str) -> None:
    begun = time.monotonic()
    parts = urlsplit(database)
    found = fault(f"postgresql://me:verysecret@{parts.hostname}:1{parts.path}")
    assert isinstance(found, DependencyGone)
    assert f"{parts.hostname}:1{parts.path}" in found.message
    assert "Connection refused" in found.message
    assert "verysecret" not in found.message + found.hint
    assert time.monotonic() - begun < 5


def test_a_server_that_accepts_and_never_answers_is_gone_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = fault(f"postgresql://me:verysecret@127.0.0.1:{silent.getsockname()[1]}/x")
    assert isinstance(found, DependencyGone)
    assert "verysecret" not in found.message


def test_a_wrong_password_is_a_refusal(database: str) -> None:
    parts = urlsplit(database)
    right = str(parts.password)
    wrong = parts._replace(netloc=f"{parts.username}:not-{right}@{parts.hostname}:{parts.port}")
    found = fault(wrong.geturl())
    assert isinstance(found, AccessDenied)
    assert f"{parts.hostname}:{parts.port}" in found.message
    assert right not in found.message


def test_a_database_that_does_not_exist_is_a_setting_to_mend_and_named(database: str) -> None:
    found = fault(urlsplit(database)._replace(path="/no_such_database").geturl())
    assert "no_such_database" in found.message
    assert found.exit_code in (69, 78)


@pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1/x"])
def test_what_is_no_address_is_a_wrong_setting(url: str) -> None:
    found = fault(url)
    assert isinstance(found, ConfigurationFault)


def test_an_address_in_words_of_libpq_works_too(database: str) -> None:
    parts = urlsplit(database)
    words = f"host={parts.hostname} port={parts.port} user={parts.username} dbname={parts.path[1:]}"
    connect(f"{words} password={parts.password}").close()
    found = fault(f"{words} password=verysecret")
    assert isinstance(found, AccessDenied)
    assert "verysecret" not in found.message


@pytest.mark.parametrize("password", ["p@ss", "pa/ss", "pa?ss", "pa:ss", "pa ss", "pa#ss"])
def test_a_password_in_an_address_that_was_typed_wrongly_is_never_shown(password: str) -> None:
    found = fault(f"postgresql://me:{password}word@127.0.0.1:1/x")
    assert "word" not in found.message.replace("password", "")
    quoted = fault(f"postgresql://me:{quote(password, safe='')}word@127.0.0.1:1/x")
    assert isinstance(quoted, DependencyGone)
    assert "word" not in quoted.message.replace("password", "")


def test_what_the_driver_says_about_an_error_of_the_server_becomes_one_line() -> None:
    found = fault_of(psycopg.errors.UndefinedTable('relation "x" does not exist\nLINE 1: select'), "host=h dbname=d")
    assert isinstance(found, ConfigurationFault)
    assert "\n" not in found.message


def test_a_line_that_is_dead_is_noticed_within_half_a_minute_unless_the_address_says_otherwise(database: str) -> None:
    with connect(database) as ours, connect(f"{database}?tcp_user_timeout=900&keepalives_idle=1") as theirs:
        said = ours.info.get_parameters()
        assert int(said["tcp_user_timeout"]) <= 30_000
        assert int(said["keepalives_idle"]) + int(said["keepalives_interval"]) * int(said["keepalives_count"]) <= 30
        assert theirs.info.get_parameters().items() >= {"tcp_user_timeout": "900", "keepalives_idle": "1"}.items()

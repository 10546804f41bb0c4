"""What does not pass is said at once, with the exit code of its kind; what may pass is waited for."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, quote, urlencode

import pytest

from schemas.errors import Fault
from sql.connection import connect
from tests.cluster.certificates import Authority
from tests.cluster.postgres import DATABASE, PASSWORD, Server

# How the address of a worker is spoilt; the exit code, and what must be said.
_SPOILT: dict[str, tuple[Callable[[Server], str], int, str]] = {
    "a certificate of somebody else": (lambda it: _trusting(it, "stranger"), 78, "TLS: SSL error: certificate"),
    "no file of trusted certificates": (
        lambda it: it.url("worker").replace(".pem", ".no"),
        78,
        "TLS: root certificate",
    ),
    "a certificate of another host": (lambda it: it.url("worker").replace("localhost", "127.0.0.1"), 78, "TLS: server"),
    "no TLS where it is a must": (lambda it: _with(it, sslmode="disable"), 77, "no pg_hba.conf entry.*sslmode=verify"),
    "a mode of TLS that does not exist": (lambda it: _with(it, sslmode="yes"), 78, 'invalid sslmode value: "yes"'),
    "a version of TLS that does not exist": (lambda it: _with(it, ssl_min_protocol_version="9"), 78, "invalid"),
    "a way to log in that it does not offer": (lambda it: _with(it, require_auth="md5"), 78, "authentication method"),
    "a role that does not exist": (lambda it: it.url("nobody"), 77, "password authentication failed"),
    "a wrong password": (lambda it: it.url("worker").replace(quote(PASSWORD), "wrong"), 77, "password authentication"),
    "no password": (lambda it: it.url("worker").replace(quote(PASSWORD), ""), 77, "no password supplied"),
    "a role that may not log in": (lambda it: it.url("nologin"), 77, "not permitted to log in"),
    "a role that may not connect": (lambda it: it.url("outsider"), 77, "permission denied for database"),
    "a role that pg_hba.conf refuses": (lambda it: it.url("rejected"), 77, "pg_hba.conf rejects connection"),
    "no such database": (lambda it: it.url("worker", "nowhere"), 78, 'database "nowhere" does not exist.*create'),
    "a database of other letters": (
        lambda it: it.url("postgres", "latin"),
        78,
        "in LATIN1.*encoding 'UTF8'",
    ),
    "a database of any bytes": (lambda it: it.url("postgres", "bytes"), 78, "is encoded in SQL_ASCII"),
    "a port that cannot be": (lambda it: it.url("worker").replace(str(it.port), "99999"), 78, "invalid port number"),
    "more ports than hosts": (lambda _: "host=a,b port=1,2,3", 78, "could not match 3 port numbers to 2 hosts"),
    "a port where nobody listens": (lambda it: it.url("worker").replace(str(it.port), "1"), 69, "Connection refused"),
    "a host that nobody knows": (lambda it: it.url("worker").replace("localhost", "no.invalid"), 69, "resolve host"),
    "a role that has its connections": (lambda it: it.url("crowded"), 69, "too many connections for role"),
    "a database that takes none now": (lambda it: it.url("worker", "closed"), 69, "not currently accepting"),
    "a host that refuses and one that is away": (lambda it: _beside(it, "nobody"), 69, "Connection refused"),
}


def _with(server: Server, **parameters: str) -> str:
    address, _, known = server.url("worker").partition("?")
    return f"{address}?{urlencode(dict(parse_qsl(known)) | parameters)}"


def _trusting(server: Server, name: str) -> str:
    stranger = Authority(server.authority.certificate.parent, name)
    return server.url("worker").replace(str(server.authority.certificate), str(stranger.certificate))


def _beside(server: Server, user: str) -> str:
    return server.url(user).replace(f"@localhost:{server.port}", f"@localhost:1,localhost:{server.port}")


@pytest.fixture(scope="session")
def refusing(secured: Server) -> Server:
    """The same with roles and databases that cannot be used."""
    secured.order(
        f"create role nologin password '{PASSWORD}'",
        f"create role outsider login password '{PASSWORD}'",
        f"create role rejected login password '{PASSWORD}'",
        f"create role crowded login password '{PASSWORD}' connection limit 0",
        f"grant connect on database {DATABASE} to crowded, rejected",
        "create database closed allow_connections false",
        "create database latin encoding 'LATIN1' template template0 locale 'C'",
        "create database bytes encoding 'SQL_ASCII' template template0 locale 'C'",
    )
    secured.reject("rejected")
    secured.order("select pg_reload_conf()")
    return secured


@pytest.mark.parametrize(("spoil", "code", "said"), _SPOILT.values(), ids=_SPOILT.keys())
def test_who_is_not_let_in_is_told_why(refusing: Server, spoil: Callable[[Server], str], code: int, said: str) -> None:
    fault = fault_at(spoil(refusing))
    assert re.search(said, f"{fault.message} {fault.hint}"), (fault.message, fault.hint)
    assert fault.exit_code == code
    assert "FATAL" not in fault.message
    assert PASSWORD not in fault.message + fault.hint


def fault_at(url: str) -> Fault:
    with pytest.raises(Fault) as caught:
        connect(url)
    return caught.value


def test_a_server_without_tls_is_told_from_one_that_is_away(database: str) -> None:
    fault = fault_at(f"{database}?sslmode=require")
    assert fault.exit_code == 78
    assert "TLS: server does not support SSL" in fault.message
    assert "sslmode" in fault.hint


@contextmanager
def hanging_up(answer: bytes) -> Iterator[int]:
    """The port of a server that answers the wish for TLS, and ends in the middle of what follows."""
    with socket.create_server(("localhost", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    client.recv(8)
                    client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_server_that_goes_away_in_the_middle_of_the_handshake_is_waited_for(secured: Server) -> None:
    with hanging_up(b"S") as port:
        fault = fault_at(secured.url("worker").replace(str(secured.port), str(port)))
    assert fault.exit_code == 69, fault.message


def test_of_several_hosts_the_one_that_answers_is_taken(secured: Server) -> None:
    url = secured.url("worker").replace("@localhost", "@localhost:1,localhost")
    with connect(f"{url}&target_session_attrs=read-write", writing=True) as connection:
        assert connection.info.port == secured.port

"""Connections to Postgres, and what its errors mean for us: the one place that reads SQLSTATEs.

gone      57P0x shutdown, 53xxx no resources, 58xxx, 08xxx, a broken connection,
          25P03 and 25P04 a session ended for its age, 25006 a standby           wait, reconnect, go on
again     40001, 40P01 deadlock, 55P03 lock timeout, 57014 statement timeout      the same once more
unstorable  22xxx, 23xxx, 54000, 21000, text that is no UTF-8                     that row will fail for ever
denied    28xxx, 42501                                                            stop, exit 77
broken    everything else the server says: missing table, missing database, …     stop, exit 78
"""

from typing import Any, Literal, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict

import sql
from schemas.errors import AccessDenied, ConfigurationFault, DependencyGone, Fault
from schemas.settings import mask_url
from sql.pooling import own_backend
from sql.refusal import Cause, refusal

Meaning: TypeAlias = Literal["gone", "again", "unstorable", "denied", "broken"]

# Seconds. A newcomer who mistyped an address shall not wait for the minutes that TCP allows.
CONNECT_SECONDS = 5
# A firewall or a host that is gone sends nothing at all: without these a worker would wait for the kernel's 15 minutes
# where it has something to send, and for 2 hours where it waits for an answer. The address itself may say otherwise.
_DEAD_LINE = {"tcp_user_timeout": 20_000, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_ADDRESS_HINT = (
    "postgresql://user:password@host:port/database, with %40 for @, %2F for /, %20 for a blank in the password"
)

_RIGHT_HINT = "grant this right, or name another role in SCROBBLES_DATABASE_URL"
_PRIMARY = "name the primary in SCROBBLES_DATABASE_URL, or several hosts with target_session_attrs=read-write"
_TLS_HINT = (
    "set TLS in SCROBBLES_DATABASE_URL: sslmode=verify-full, and sslrootcert=FILE with its authority's certificate"
)
_HINTS: dict[Cause, str] = {
    "tls": _TLS_HINT,
    "address": "check SCROBBLES_DATABASE_URL",
    "missing": "create the database, then run `scrobbles migrate`; or check SCROBBLES_DATABASE_URL",
}

_READ_ONLY = "25006"
DISK_FULL = "53100"
_BY_STATE: dict[str, Meaning] = {
    "40001": "again",
    "40P01": "again",
    "55P03": "again",
    "57014": "again",
    "54000": "unstorable",
    "21000": "unstorable",
    "42501": "denied",
    # A session that was ended for idling in its transaction, or for a transaction that took too long, by us or an
    # operator: a worker that had been frozen.
    "25P03": "gone",
    "25P04": "gone",
    # A primary that became a standby under our feet, or an operator's will: the next session is told which.
    _READ_ONLY: "gone",
}
_BY_CLASS: dict[str, Meaning] = {
    "08": "gone",
    "53": "gone",
    "57": "gone",
    "58": "gone",
    "22": "unstorable",
    "23": "unstorable",
    "28": "denied",
}


def meaning_of(error: psycopg.Error) -> Meaning:
    """What an error of the driver or the server asks us to do."""
    state = error.sqlstate
    if state is not None:
        return _BY_STATE.get(state) or _BY_CLASS.get(state[:2], "broken")
    if isinstance(error, (psycopg.ProgrammingError, psycopg.NotSupportedError)):
        return "broken"
    # No SQLSTATE: the error is the driver's own. A NUL in a text is a DataError; the rest is a connection that broke.
    return "unstorable" if isinstance(error, psycopg.DataError) else "gone"


def connect(database_url: str, *, application: str = "scrobbles", writing: bool = False) -> psycopg.Connection:
    """A connection, in autocommit. It speaks UTF-8 and reads and writes alike, whatever a role or a database sets.

    Raises DependencyGone, AccessDenied, ConfigurationFault, which name the address, never a secret. With `writing` also
    where it could only read: DependencyGone for a standby, ConfigurationFault for what an operator has set.
    """
    address = address_of(database_url)
    ours = {"connect_timeout": CONNECT_SECONDS, "application_name": application, "client_encoding": "UTF8"}
    parameters: dict[str, Any] = {**_DEAD_LINE, **conninfo_to_dict(database_url), **ours}
    try:
        connection = psycopg.connect(autocommit=True, **parameters)
    except psycopg.Error as error:
        raise _refused(error, address) from error
    try:
        _begin(connection, parameters, address, writing=writing)
    except psycopg.Error as error:
        connection.close()
        raise fault_of(error, database_url) from error
    except Fault:
        connection.close()
        raise
    return connection


def fault_of(error: psycopg.Error, database_url: str) -> Fault:
    """The Fault that tells a person about an error of a session."""
    address = address_of(database_url)
    said = mask_url(next(iter(str(error).splitlines()), type(error).__name__))
    meaning = meaning_of(error)
    if error.sqlstate == _READ_ONLY:
        return _read_only(address, said)
    if meaning == "denied":
        return AccessDenied(f"the database at {address} refuses us: {said}", _RIGHT_HINT, "database_denied")
    if error.sqlstate == DISK_FULL:
        hint = "free some disk space where the database is; what waits for it then continues"
        return DependencyGone(f"the disk of the database at {address} is full: {said}", hint, "database_gone")
    if meaning in ("gone", "again"):
        return _gone(address, said)
    return ConfigurationFault(
        f"the database at {address} cannot be used: {said}", "`scrobbles migrate` may help", "database_unusable"
    )


def _begin(connection: psycopg.Connection, parameters: dict[str, Any], address: str, *, writing: bool) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ConfigurationFault(
            f"the database at {address} is encoded in {encoding}, not in UTF8: it cannot hold every name",
            "create another one: create database NAME encoding 'UTF8' template template0",
            "database_unusable",
        )
    backend: int | None = connection.info.backend_pid
    row = connection.execute(sql.read("every_session"), (backend,)).fetchone()
    if row is None:
        # A pooler has a number of its own for us.
        info = connection.info
        there = parameters | {"host": info.host, "hostaddr": info.hostaddr, "port": info.port}
        backend = own_backend(connection, lambda: psycopg.connect(autocommit=True, **there))
        row = connection.execute(sql.read("every_session"), (backend,)).fetchone()
    if row is None:
        raise ConfigurationFault(
            f"{address} is a connection pool that lends sessions by transaction, which loses what a session keeps",
            "use a pool in session mode (PgBouncer: pool_mode=session), or the address of Postgres itself",
            "database_unusable",
        )
    is_standby, is_read_only, *_ = row
    if writing and is_standby:
        raise DependencyGone(
            f"the database at {address} is a standby, which takes no writes", _PRIMARY, "database_gone"
        )
    if writing and is_read_only:
        raise _read_only(address, "default_transaction_read_only is on for this role, database or server")


def _refused(error: psycopg.Error, address: str) -> Fault:
    """The Fault of a connection that did not come about."""
    found = refusal(mask_url(str(error)))
    if found.cause == "away":
        return _gone(address, found.said)
    if found.cause == "denied":
        hint = _TLS_HINT if found.lacks_tls else "check SCROBBLES_DATABASE_URL"
        return AccessDenied(f"the database at {address} refuses us: {found.said}", hint, "database_denied")
    prefix = "TLS: " if found.cause == "tls" else ""
    return ConfigurationFault(
        f"the database at {address} cannot be used: {prefix}{found.said}", _HINTS[found.cause], "database_unusable"
    )


def _gone(address: str, said: str) -> DependencyGone:
    return DependencyGone(
        f"the database at {address} does not answer: {said}",
        "`scrobbles status` tells what runs; "
        "`scrobbles up` starts one here unless SCROBBLES_DATABASE_URL names another",
        "database_gone",
    )


def _read_only(address: str, said: str) -> ConfigurationFault:
    return ConfigurationFault(f"the database at {address} is read-only: {said}", _PRIMARY, "database_unusable")


def address_of(database_url: str) -> str:
    """host:port/database, for people, with all hosts of several.

    Raises ConfigurationFault, which repeats nothing that may be a password.
    """
    try:
        parts = conninfo_to_dict(database_url)
    except psycopg.ProgrammingError as error:
        raise ConfigurationFault("SCROBBLES_DATABASE_URL is no database address", _ADDRESS_HINT) from error
    hosts, ports = (str(parts.get(key, default)).split(",") for key, default in (("host", "localhost"), ("port", 5432)))
    pairs = zip(hosts, ports * len(hosts) if len(ports) == 1 else ports, strict=False)
    address = f"{','.join(map(':'.join, pairs))}/{parts.get('dbname', '')}"
    if "@" in address[1:]:  # a leading one names an abstract socket
        # A password with a bare @ or / in it: libpq takes the rest of it for the host or the database.
        raise ConfigurationFault(
            "SCROBBLES_DATABASE_URL cannot be read: is there an @ or / in its password?", _ADDRESS_HINT
        )
    return address

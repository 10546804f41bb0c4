"""Connections to Postgres, and what its errors mean for us: the one place that reads SQLSTATEs.

gone      57P0x shutdown, 53xxx no resources, 58xxx, 08xxx, a broken connection   wait, reconnect, go on
again     40001, 40P01 deadlock, 55P03 lock timeout, 57014 statement timeout      the same once more
unstorable  22xxx, 23xxx, 54000, 21000, text that is no UTF-8                     that row will fail for ever
denied    28xxx, 42501                                                            stop, exit 77
broken    everything else the server says: missing table, read-only, …            stop, exit 78
"""

from typing import Any, Literal, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict

from schemas.errors import AccessDenied, ConfigurationFault, DependencyGone, Fault
from schemas.settings import mask_url

Meaning: TypeAlias = Literal["gone", "again", "unstorable", "denied", "broken"]

# Seconds. A newcomer who mistyped an address shall not wait for the minutes that TCP allows.
CONNECT_SECONDS = 5
# A firewall or a host that is gone sends nothing at all: without these a worker would wait for the kernel's 15 minutes
# where it has something to send, and for 2 hours where it waits for an answer. The address itself may say otherwise.
_DEAD_LINE = {"tcp_user_timeout": 20_000, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_ADDRESS_HINT = (
    "postgresql://user:password@host:port/database, with %40 for @, %2F for /, %20 for a blank in the password"
)

_BY_STATE: dict[str, Meaning] = {
    "40001": "again",
    "40P01": "again",
    "55P03": "again",
    "57014": "again",
    "54000": "unstorable",
    "21000": "unstorable",
    "42501": "denied",
    # A session that was ended for idling in its transaction, by us or an operator: a worker that had been frozen.
    "25P03": "gone",
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
    # No SQLSTATE: the error is the driver's own. A NUL in a text is a DataError; the rest is a connection that broke.
    return "unstorable" if isinstance(error, psycopg.DataError) else "gone"


def connect(database_url: str, *, application: str = "scrobbles", autocommit: bool = True) -> psycopg.Connection:
    """A connection. Raises DependencyGone, AccessDenied, ConfigurationFault; they name the address, never a secret."""
    address_of(database_url)
    patience: dict[str, Any] = {**_DEAD_LINE, **conninfo_to_dict(database_url), "connect_timeout": CONNECT_SECONDS}
    try:
        return psycopg.connect(autocommit=autocommit, **(patience | {"application_name": application}))
    except psycopg.Error as error:
        raise fault_of(error, database_url) from error


def fault_of(error: psycopg.Error, database_url: str) -> Fault:
    """The Fault that tells a person about a database error."""
    address = address_of(database_url)
    first_line = next(iter(str(error).splitlines()), type(error).__name__)
    # libpq repeats the address before the reason: "connection to server at …, port 5432 failed: Connection refused".
    said = mask_url(first_line).rsplit(" failed: ", 1)[-1]
    meaning = meaning_of(error)
    # Refused at the door, the server's SQLSTATE is lost: libpq leaves only its text.
    if meaning == "denied" or "password authentication failed" in said or "no password supplied" in said:
        return AccessDenied(
            f"the database at {address} refuses us: {said}", "check SCROBBLES_DATABASE_URL", "database_denied"
        )
    if meaning in ("gone", "again"):
        return DependencyGone(
            f"the database at {address} does not answer: {said}",
            "`scrobbles status` tells what runs; "
            "`scrobbles up` starts one here unless SCROBBLES_DATABASE_URL names another",
            "database_gone",
        )
    return ConfigurationFault(
        f"the database at {address} cannot be used: {said}", "`scrobbles migrate` may help", "database_unusable"
    )


def address_of(database_url: str) -> str:
    """host:port/database, for people. Raises ConfigurationFault, which repeats nothing that may be a password."""
    try:
        parts = conninfo_to_dict(database_url)
    except psycopg.ProgrammingError as error:
        raise ConfigurationFault("SCROBBLES_DATABASE_URL is no database address", _ADDRESS_HINT) from error
    address = f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"
    if "@" in address[1:]:  # a leading one names an abstract socket
        # A password with a bare @ or / in it: libpq takes the rest of it for the host or the database.
        raise ConfigurationFault(
            "SCROBBLES_DATABASE_URL cannot be read: is there an @ or / in its password?", _ADDRESS_HINT
        )
    return address

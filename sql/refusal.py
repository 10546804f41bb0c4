"""Why a server did not let us in. libpq keeps no SQLSTATE of that, only its text.

The words are those of Postgres and PgBouncer in English. A server that speaks another language is taken for one that is
away, unless TLS or the address is at fault, which libpq itself says.
"""

import re
from typing import Literal, NamedTuple, TypeAlias

Cause: TypeAlias = Literal["tls", "address", "denied", "missing", "away"]

# In this order: "no pg_hba.conf entry … no encryption" is a refusal that TLS may mend.
_CAUSES: tuple[tuple[re.Pattern[str], Cause], ...] = (
    (
        re.compile(
            r"certificate|private key|SSL was required|SSL negotiation|channel binding"
            # One that breaks off in the middle of the handshake is a server that went away.
            r"|SSL error: (?!unexpected eof)"
        ),
        "tls",
    ),
    (re.compile(r"^connection is bad: .*\binvalid\b|could not match|authentication method requirement"), "address"),
    (
        re.compile(
            r"authentication failed|no password supplied|pg_hba\.conf|role \".*\" does not exist|no such user"
            r"|not permitted to log in|permission denied for database"
        ),
        "denied",
    ),
    (re.compile(r"database \".*\" does not exist|no such database"), "missing"),
)
# What comes before the reason: "connection to server at …, port 5432 failed: FATAL:  …".
_PREFIX = re.compile(r"^(connection (failed|is bad): )?(connection to server .*? failed: )?(FATAL:  |fe_sendauth: )?")
# How psycopg lists what became of each address, where a host has several or several hosts are named.
_ATTEMPT = re.compile(r"^- host: (.*?, port: .*?), hostaddr: .*?: ", re.MULTILINE)


class Refusal(NamedTuple):
    """Why, what was said of it in one line, and whether the server would have let us in with TLS."""

    cause: Cause
    said: str
    lacks_tls: bool


def refusal(text: str) -> Refusal:
    """What the text of a failed connection says.

    Of several hosts all must have refused: one that is away may be the one that would not. Of the addresses of one host
    one that refused is enough: `localhost` is often two of which nobody listens at the first.
    """
    hosts: dict[str, Refusal] = {}
    _, *attempts = _ATTEMPT.split(text)
    for host, said in zip(attempts[::2], attempts[1::2], strict=True):
        if host not in hosts or hosts[host].cause == "away":
            hosts[host] = _refusal(said)
    every = list(hosts.values()) or [_refusal(text)]
    return next((one for one in every if one.cause == "away"), every[0])


def _refusal(text: str) -> Refusal:
    cause: Cause = next((cause for words, cause in _CAUSES if words.search(text)), "away")
    said = _PREFIX.sub("", next(iter(text.splitlines()), ""))
    return Refusal(cause, said, "no encryption" in text and "SSL encryption" not in text)

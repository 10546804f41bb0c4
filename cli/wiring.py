"""The parts that most verbs need, made from the settings."""

import getpass
import os
import socket
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg

import sql
from schemas.errors import DependencyGone, UsageFault
from schemas.person import nobody
from schemas.settings import Loaded, Settings, load
from sql.connection import connect, fault_of

DEFAULT_USER = "me"


def loaded(flags: Mapping[str, object] | None = None) -> Loaded:
    """The settings of this process, with the flags of its command line on top, and where each came from."""
    return load(os.environ, flags)


def settings(flags: Mapping[str, object] | None = None) -> Settings:
    """The settings of this process."""
    return loaded(flags).settings


def database_url(chosen: Settings) -> str:
    """The address of the database. Raises DependencyGone where there is none."""
    if chosen.database_url is None:
        raise DependencyGone(
            "no database: none is running here and SCROBBLES_DATABASE_URL is not set",
            "start one with `scrobbles up`",
            "database_gone",
        )
    return chosen.database_url


@contextmanager
def connected(chosen: Settings | None = None) -> Iterator[psycopg.Connection]:
    """A connection to the database for one command; what goes wrong with it inside the block becomes a Fault."""
    url = database_url(chosen or settings())
    with connect(url) as connection:
        try:
            yield connection
        except psycopg.Error as error:
            raise fault_of(error, url) from error
        except UnicodeEncodeError as error:
            raise UsageFault(f"{error.object} is no UTF-8 text: nothing in the database is called that") from error


def utf8(text: str) -> str:
    """An argument that is no path. Raises UsageFault where the shell has handed over bytes that are no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageFault(f"{text} is no UTF-8 text") from error
    return text


def person(text: str) -> str:
    """A name as people are known by it: composed (NFC), for keyboards differ. Raises UsageFault."""
    return unicodedata.normalize("NFC", utf8(text))


def user_id(connection: psycopg.Connection, name: str) -> int:
    """The id of a person. Raises UsageFault where there is none of that name."""
    found = connection.execute(sql.read("user_id"), (name,)).fetchone()
    if found is None:
        raise nobody(name)
    return int(found[0])


def operator() -> str:
    """Who types this, for the trace of decisions: user@machine."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        name = str(os.getuid())
    told = f"{name}@{socket.gethostname()}"
    return told.encode("utf-8", "backslashreplace").decode()

"""Whether a pooler keeps one backend for a connection, or gives every transaction another one.

Temporary tables, settings and advisory locks belong to a backend. Where it changes between two transactions they are
lost, and others inherit them.
"""

import select
import time
from collections.abc import Callable
from contextlib import closing, suppress

import psycopg

import sql

# A pooler that gives out backends by transaction gives the one that was freed last to whoever asks next, or another one
# to us. Its other clients may hide that in one round, not in all of them.
_ROUNDS = 5
# A pool that keeps backends and has none left lets the second connection wait.
_SECONDS = 1.0


def own_backend(connection: psycopg.Connection, connect_again: Callable[[], psycopg.Connection]) -> int | None:
    """The number of the backend that this connection has to itself, or None where it has none.

    `connect_again` opens a second connection to the same address; one that fails or must wait is taken for a pool that
    is full, in which case ours is kept. Any psycopg.Error of the first connection may be raised.
    """
    ours = _backend(connection)
    with suppress(psycopg.OperationalError), closing(connect_again()) as other:
        for _ in range(_ROUNDS):
            theirs = _backend_in_time(other)
            if theirs is None:
                break
            # Twice, for two backends that take turns would meet the same two connections for ever.
            if theirs == ours or _backend(connection) != ours or _backend(connection) != ours:
                return None
    return ours


def _backend(connection: psycopg.Connection) -> int:
    (found,) = connection.execute(sql.read("backend"), prepare=False).fetchone() or (0,)
    return int(found)


def _backend_in_time(connection: psycopg.Connection) -> int | None:
    pgconn = connection.pgconn
    pgconn.send_query(sql.read("backend"))
    deadline = time.monotonic() + _SECONDS
    while pgconn.is_busy():
        if not select.select([pgconn.socket], [], [], max(deadline - time.monotonic(), 0))[0]:
            return None
        pgconn.consume_input()
    answer, found = pgconn.get_result(), None
    if answer and answer.ntuples:
        found = int(answer.get_value(0, 0) or b"")
    while pgconn.get_result():
        pass
    return found

"""What this machine's Postgres can take at most, to compare with: ready-packed rows over one connection.

A binary COPY into a temporary table and INSERT … ON CONFLICT DO NOTHING from there into a table equal to `listen`, one
commit for every 5,000 rows. A process of its own, for it holds all rows in memory before the clock starts:

    python -m bench.ceiling DATABASE_URL PLAYS     prints rows per second
"""

import hashlib
import itertools
import random
import struct
import sys
import time
from collections.abc import Iterator

import psycopg

from bench.library import draws
from sql.connection import connect

_BATCH = 5_000
_SONGS = 100_000
_USERS = 500
_FIRST = 550_000_000_000_000  # microseconds from 2000-01-01
_COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_COPY_TRAILER = b"\xff\xff"
_ROW = struct.Struct(">hiiiqi16siii").pack


def ceiling(connection: psycopg.Connection, rows: int) -> float:
    """Rows per second. Leaves the table `ceiling` behind."""
    batches = list(_batches(rows))
    connection.execute("drop table if exists ceiling")
    connection.execute("create table ceiling (like listen including all)")
    connection.execute("create temporary table staged (like listen) on commit delete rows")
    begun = time.monotonic()
    for batch in batches:
        with connection.transaction():
            with connection.cursor().copy("copy staged from stdin (format binary)") as copy:
                copy.write(batch)
            connection.execute("insert into ceiling select * from staged on conflict do nothing")
    return rows / (time.monotonic() - begun)


def _batches(rows: int) -> Iterator[bytes]:
    made = _rows(rows)
    while some := list(itertools.islice(made, _BATCH)):
        yield b"".join((_COPY_HEADER, *some, _COPY_TRAILER))


def _rows(count: int) -> Iterator[bytes]:
    """Rows of `listen`: 500 people who play the popular songs of one library."""
    tracks = [hashlib.blake2b(number.to_bytes(4, "big"), digest_size=16).digest() for number in range(_SONGS)]
    rng = random.Random(1)
    for number, drawn in enumerate(draws(_SONGS, count, seed=1)):
        user = 1 + int(rng.random() * _USERS)
        yield _ROW(5, 4, user, 8, _FIRST + number * 1_000_000, 16, tracks[drawn], 4, user, -1)


def main() -> None:
    """Measure, and print rows per second."""
    _, url, rows = sys.argv
    with connect(url) as connection:
        print(ceiling(connection, int(rows)))


if __name__ == "__main__":
    main()

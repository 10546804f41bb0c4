"""What must hold after every fault: nothing lost, nothing doubled, the books balanced, nobody behind.

    L   ledger, sources and rows agree                     sql/ledger_problems.sql
    D   every play that was sent is there once, and no other
    E   every entity is there once: its id is the digest of its name
    G   stored offset = end of the log, in every partition
    M   memory below a bound

X, how the process ended and what it said, is each test's own.
"""

from collections.abc import Sequence

import psutil
import psycopg

from schemas.identity import album_id, artist_id, normalise, track_id
from schemas.listen import Listen
from schemas.settings import Settings
from tests.cli.commands import Worker, eventually, lag
from tests.cli.groups import dealt_with
from tests.consumers.logs import ledger, problems

# A worker with a backlog in both lanes holds 160 MB, much of it fetched messages; a fault may add a batch or two.
WORKER_BYTES = 220_000_000


def require_exact(
    settings: Settings,
    connection: psycopg.Connection,
    sent: Sequence[Listen],
    *workers: Worker,
    duplicate: int = 0,
    dead: int = 0,
) -> None:
    """Wait until the workers are done, then L, D, E and G; `workers` must be alive, and small (M)."""
    eventually(lambda: dealt_with(connection) >= len(sent) + duplicate + dead, *workers)
    require_stored(connection, sent, duplicate=duplicate, dead=dead)
    assert sum(lag(settings).values()) == 0
    for worker in workers:
        worker.require_alive()
        assert psutil.Process(worker.pid).memory_info().rss < WORKER_BYTES


def require_stored(
    connection: psycopg.Connection, sent: Sequence[Listen], *, duplicate: int = 0, dead: int = 0
) -> None:
    """L, D and E."""
    assert problems(connection) == []
    assert ledger(connection)[1:] == (len(sent), duplicate, dead, len(sent))
    assert stored(connection) == as_stored(sent)
    assert misnamed(connection) == []


def as_stored(sent: Sequence[Listen]) -> list[tuple[object, ...]]:
    return sorted(
        (listen.listened_at, list(listen.track.artists), listen.track.album, listen.track.title, listen.played_ms)
        for listen in sent
    )


def stored(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """Every play there is, as people see it."""
    return sorted(
        connection.execute(
            "select extract(epoch from listened_at)::bigint, artists, album, track, played_ms from play"
        ).fetchall()
    )


def misnamed(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """Entities whose id is not the digest of what they are called; two of one name would be among them."""
    artists = connection.execute("select id, name from artist").fetchall()
    albums = connection.execute(
        "select album.id, artist.name, album.name from album join artist on artist.id = artist_id"
    ).fetchall()
    tracks = connection.execute(
        "select track.id, artist.name, track.name, coalesce(album.name, '')"
        " from track join artist on artist.id = track.artist_id left join album on album.id = album_id"
    ).fetchall()
    rules = ((artists, artist_id), (albums, album_id), (tracks, track_id))
    return [row for rows, rule in rules for row in rows if row[0].bytes != rule(*map(normalise, row[1:]))]

"""The same play from two services, as far as it is certain: reported, never merged.

Koito gives a track without an album one of the track's own name, also when it imports Last.fm's and Maloja's files; and
ListenBrainz loses the album when it imports Spotify's. So one play is stored twice where a person imports the original
and what a service made of it: same second, same artist, same title, and one of the two has no album or one of its own
name. Nobody begins a track twice in a second. It is not merged all the same: which of the two is the right one depends
on what comes later, a merge could not be undone with its import, and each worker would have to look for such pairs
before it stores a play.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import psycopg
from psycopg.rows import class_row

import sql
from schemas.identity import normalise


class Pair(NamedTuple):
    """A play of an import, and the one at the same second that source `other_source` brought."""

    listened_at: datetime
    artist: str
    title: str
    album: str | None
    other_title: str
    other_album: str | None
    other_source: int


def same_second(connection: psycopg.Connection, job: int) -> Iterator[Pair]:
    """The pairs of an import, in the order of their times. They are streamed: the connection is busy until the end."""
    with connection.cursor(row_factory=class_row(Pair)) as cursor:
        for pair in cursor.stream(sql.read("same_second"), {"job": job}):
            if normalise(pair.title) == normalise(pair.other_title):
                yield pair


def count_same_second(connection: psycopg.Connection, job: int) -> None:
    """Put on record how many plays of an import have such a pair."""
    plays = len({(pair.listened_at, pair.artist, pair.title, pair.album) for pair in same_second(connection, job)})
    connection.execute(sql.read("note_same_second"), {"id": job, "plays": plays})

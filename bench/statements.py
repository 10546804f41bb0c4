"""How many statements Postgres is asked to run for one play, counted in its own log."""

import re

import psycopg
from psycopg import sql

from bench.console import say
from bench.exports import SONGS
from bench.figures import Figure
from bench.lab import Lab
from bench.throughput import WORKERS

_SHARE = 0.3
_AT_MOST = 0.004
# Every statement, also BEGIN, COMMIT and COPY; one of several lines has only its first marked so.
_LOGGED = re.compile(rb" LOG:  (?:statement|execute [^:]*): ")


def statements(lab: Lab, plays: int) -> list[Figure]:
    """A cold import of a ListenBrainz file while every statement is logged; the time of the log is not counted."""
    plays = int(plays * _SHARE)
    path = lab.export("listenbrainz", plays, SONGS)
    log = lab.data / "log" / "postgres.log"
    with lab.place("statements") as place:
        _log_statements(place.url)
        with place.workers(WORKERS):
            before = log.stat().st_size
            place.import_(path)
            with log.open("rb") as lines:
                lines.seek(before)
                count = len(_LOGGED.findall(lines.read()))
        place.verify()
    say(f"{count:,} statements for {plays:,} plays")
    what = f"{plays:,} plays of one person, cold, every statement counted"
    return [Figure(what, "statements", count / plays, "/play", at_most=_AT_MOST)]


def _log_statements(url: str) -> None:
    """From the next connection on."""
    with psycopg.connect(url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("alter database {} set log_statement = 'all'").format(name))

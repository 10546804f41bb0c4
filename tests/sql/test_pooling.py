"""A pool that keeps a session for each client is as good as Postgres; one that does not is refused, unharmed."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from urllib.parse import urlsplit

import psycopg
import pytest

from schemas.errors import ConfigurationFault
from sql.connection import connect
from tests.sql.pooler import Pooler, pooler

_SETTINGS = "select current_setting('search_path'), current_setting('timezone')"


def through(pool: Pooler, database: str) -> str:
    return urlsplit(database)._replace(netloc=f"somebody@127.0.0.1:{pool.port}").geturl()


@contextmanager
def crowd(url: str) -> Iterator[None]:
    """Others who use the same pool all the time."""
    ended = Event()

    def work() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not ended.is_set():
                with connection.transaction():
                    connection.execute("select pg_sleep(0.001)", prepare=False)

    threads = [Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("crowded", [False, True], ids=["alone", "crowded"])
@pytest.mark.parametrize("sessions", [1, 2, 3], ids="sessions {}".format)
@pytest.mark.parametrize("in_turn", [False, True], ids=["last", "in turn"])
def test_a_pool_that_gives_out_sessions_by_transaction_is_refused(
    database: str, in_turn: bool, sessions: int, crowded: bool
) -> None:
    with pooler(database, "transaction", in_turn=in_turn) as pool, ExitStack() as others:
        url = through(pool, database)
        with ExitStack() as opened:
            for _ in range(sessions):
                opened.enter_context(psycopg.connect(url)).execute("select")
        before = [session.execute(_SETTINGS).fetchone() for session in pool.sessions]
        if crowded:
            others.enter_context(crowd(url))
        with pytest.raises(ConfigurationFault, match="connection pool") as caught:
            connect(url)
        assert caught.value.exit_code == 78
        assert "pool_mode=session" in caught.value.hint
        others.close()
        # Nothing of ours stays behind in sessions that others will use.
        assert [session.execute(_SETTINGS).fetchone() for session in pool.sessions[:sessions]] == before


@pytest.mark.parametrize("room", [1, 2, 20])
def test_a_pool_that_keeps_a_session_for_each_client_is_as_good_as_postgres(database: str, room: int) -> None:
    with pooler(database, "session", room=room) as pool, connect(through(pool, database), writing=True) as connection:
        connection.execute("create temporary table kept (number integer)")
        assert connection.execute("select count(*) from kept").fetchone() == (0,)
        assert connection.execute(_SETTINGS).fetchone() == ("public", "UTC")

"""What is stored and read is the same whatever a role, a database or the environment sets."""

import io
import secrets
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.rows import dict_row

import sql
from consumers.listens.store import Store
from producers.exports.alias import Alias, ArtistName
from producers.exports.writing.formats import WRITERS
from producers.history import write_history
from producers.jobs.database import Database
from producers.jobs.job import Job
from schemas.listen import Listen, Track
from sql.connection import connect
from tests.conftest import Servers, emptied_database
from tests.consumers.logs import PARTITION, ledger, new_source, problems, run_of, save, value

_PLAYS = [
    Listen(1_600_000_000, Track(("Sigur Rós", "狼"), "Ný batterí", "Ágætis byrjun"), 180_000),
    Listen(1_600_000_300, Track(("AC\\DC",), 'What\'s "Next" \\to the Moon', None), None),
    Listen(1_600_000_600, Track(("Мумий Тролль",), "Утекай", "Морская"), 1),
]
_BAD = b"\\xff\xfe\xff"
_NAMES = "select convert_to(name, 'UTF8') from artist union all select convert_to(name, 'UTF8') from track order by 1"
SETTINGS = {
    "client_encoding": "LATIN1",
    "datestyle": "German, DMY",
    "timezone": "America/Caracas",
    "intervalstyle": "sql_standard",
    "standard_conforming_strings": "off",
    "search_path": "elsewhere",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "array_nulls": "off",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "row_security": "off",
    "session_replication_role": "replica",
    "transform_null_equals": "on",
    "xmlbinary": "hex",
    "quote_all_identifiers": "on",
}


def stored_and_told(database: str, url: str) -> dict[str, object]:
    """What a worker and a job with this address store, and what a command with it is told."""
    with psycopg.connect(database, autocommit=True) as opened:
        source = new_source(opened)
    with closing(Store(url)) as store:
        values = [*(value(play, source) for play in _PLAYS), _BAD]
        store.next_offsets([PARTITION])
        outcomes = [save(store, run_of(values, first))[:4] for first in (0, len(values))]
    jobs = Database(url, lambda _: None)
    with closing(jobs):
        job = Job(jobs, source)
        job.store_aliases({Alias(ArtistName("Mumiy Troll"), ArtistName("Мумий Тролль"))})
        job.note("done", None)
    with connect(url) as connection:
        written = io.BytesIO()
        (person,) = connection.execute(sql.read("user_id"), ("me",)).fetchone() or (0,)
        write_history(connection, (person, "me"), WRITERS["scrobbles"], written)
        chosen = {"user": "me", "since": None, "limit": 9}
        rows = connection.cursor(row_factory=dict_row).execute(sql.read("recent"), chosen)
        letters = connection.execute("select key, value, headers, detail from dead_letter").fetchall()
        reports = connection.execute(sql.read("list_imports"), {"user": "me", "limit": 9}).fetchall()
    with psycopg.connect(database) as plain:
        names = plain.execute(_NAMES).fetchall()
        counts = [ledger(plain), problems(plain)]
    return {
        "outcomes": outcomes,
        "export": written.getvalue().partition(b"\n")[2],
        "recent": [f"{row['listened_at']:%Y-%m-%d %H:%M} {row['artists']} {row['track']}" for row in rows],
        "letters": letters,
        "reports": [report[:12] for report in reports],
        "names": names,
        "counts": counts,
    }


@pytest.fixture
def role(servers: Servers) -> Iterator[str]:
    """A superuser, who alone may have some of these settings."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        connection.execute(f"create role {name} superuser login password '{name}'".encode())
        yield name
        connection.execute(f"drop role {name}".encode())


@pytest.fixture(scope="session")
def expected(servers: Servers, template: str) -> dict[str, object]:
    with emptied_database(servers.database_url, template) as url:
        return stored_and_told(url, url)


def address(database: str, role: str) -> str:
    parts = urlsplit(database)
    return parts._replace(netloc=f"{role}:{role}@{parts.hostname}:{parts.port}").geturl()


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_a_role_sets_changes_nothing(database: str, role: str, expected: dict[str, object], setting: str) -> None:
    with psycopg.connect(database, autocommit=True) as operator:
        operator.execute(f"alter role {role} set {setting} = '{SETTINGS[setting]}'".encode())
    url = address(database, role)
    with psycopg.connect(url, client_encoding="UTF8") as asked:
        (found,) = asked.execute("select current_setting(%s)", (setting,)).fetchone() or ("",)
    assert setting == "client_encoding" or found == SETTINGS[setting]
    assert stored_and_told(database, url) == expected


def test_what_the_environment_sets_changes_nothing(
    database: str, expected: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    monkeypatch.setenv("PGOPTIONS", "-c search_path=elsewhere -c timezone=Asia/Tokyo")
    plain = f"{database}?options=-csearch_path%3Dpublic"
    assert stored_and_told(plain, f"{database}?client_encoding=LATIN2") == expected


def test_a_worker_that_lost_a_partition_is_told_so_whatever_isolation_a_role_asks_for(database: str, role: str) -> None:
    with psycopg.connect(database, autocommit=True) as winner:
        winner.execute(f"alter role {role} set default_transaction_isolation = 'repeatable read'".encode())
        with closing(Store(address(database, role))) as store:
            store.next_offsets([PARTITION])
        with connect(address(database, role)) as loser, loser.transaction():
            loser.execute("select from consumer_offset")
            winner.execute("update consumer_offset set next_offset = 7")
            expected, wanted = 0, 5
            values = ([PARTITION.topic_id], [PARTITION.number], [expected], [wanted])
            assert loser.execute(sql.read("move_offsets"), values).rowcount == 0


@pytest.mark.parametrize(("asked", "held"), [("off", "on"), ("on", "on"), ("remote_apply", "remote_apply")])
def test_what_a_job_notes_is_on_disk_whatever_a_role_asks_for(database: str, role: str, asked: str, held: str) -> None:
    with psycopg.connect(database, autocommit=True) as operator:
        operator.execute(f"alter role {role} set synchronous_commit = {asked}".encode())
    with closing(Database(address(database, role), lambda _: None)) as jobs:
        assert jobs.connection.execute("show synchronous_commit").fetchone() == (held,)

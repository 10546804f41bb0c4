"""deploy/grants.sql gives each role what its task needs, and not one right more."""

import secrets
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

import sql
from consumers.listens.runs import Partition
from consumers.listens.store import Store
from producers.exports.alias import AlbumName, Alias, ArtistName, TrackName
from producers.jobs.database import Database
from producers.jobs.importing import order_of
from producers.jobs.job import Job
from producers.jobs.rehearsal import Comparison
from producers.jobs.same_second import count_same_second
from schemas.errors import AccessDenied, ConfigurationFault
from schemas.listen import Ids, Listen, Track
from tests.cli.commands import Commands
from tests.cluster.postgres import Server
from tests.consumers.logs import new_source, run_of, save, value

_TRACK = Track(("Artist", "Guest"), "Song", "Album", ids=Ids(isrc="GBAYE0601498"))
_REFUSED = (psycopg.errors.InsufficientPrivilege, AccessDenied, ConfigurationFault)
_RIGHTS = """
select format('%%s on %%I', lower(privilege_type), table_name)
from information_schema.role_table_grants where grantee = %(role)s
union all
select format('%%s on sequence %%I', lower(privilege_type), object_name)
from information_schema.role_usage_grants where grantee = %(role)s and object_type = 'SEQUENCE'
union all
select 'usage on schema public'
union all
select format('temporary on database %%I', current_database())
"""


def consume(url: str, sources: list[int]) -> None:
    """Everything that a worker asks of the database, once."""
    partition = Partition(uuid4(), f"{secrets.token_hex(4)}.import", 0)
    with closing(Store(url)) as store:
        store.next_offsets([partition])
        for first, source in enumerate(sources):
            play = Listen(1_600_000_000 + first % 2, _TRACK, 1_000 + first)
            values = [value(play, source), b"no play"]
            save(store, run_of(values, 2 * first, partition))
        assert store.waiting_letters()


def bring(url: str, _: list[int]) -> None:
    """Everything that an import asks of the database, once."""
    with closing(Database(url, lambda _: None)) as database:
        database.lock("a file")
        described = {"label": "a test", "format": "maloja", "file_name": "x.json", "path": "/x.json", "sha256": b"\0"}
        job = Job.begin(database, "anna", {**described, "options": Jsonb({}), "members": Jsonb([])})
        job.note("reading", None)
        job.go_on()
        track = TrackName("Artist", "Song", "Album", "Artist")
        other_artist = Alias(ArtistName("A"), ArtistName("B"))
        other_album = Alias(AlbumName("A", "C"), AlbumName("A", "D"))
        job.store_aliases({other_artist, other_album, Alias(track._replace(title="Sung"), track)})
        job.mark("waiting")
        count_same_second(database.connection, job.id)
        assert job.stored() == 0
        assert job.report().state == "waiting"
        assert order_of(database.connection, job.id).user == "anna"
        values = {"user": "anna", "sha256": b"\0", "path": "/x.json", "job": None}
        assert database.connection.execute(sql.read("earlier_imports"), values).fetchall()
        assert database.connection.execute(sql.read("passings")).fetchone()
        assert database.connection.execute(sql.read("positions"), ([uuid4()],)).fetchall() == []
        assert database.connection.execute(sql.read("worker_sessions")).fetchone()
    with closing(Comparison(url, "anna")) as comparison:
        comparison.add(Listen(1_600_000_000, _TRACK, None))
        assert comparison.new() == 1


@pytest.mark.parametrize(("role", "work"), [("worker", consume), ("importer", bring)])
def test_a_role_has_what_its_task_needs_and_nothing_else(
    secured: Server, role: str, work: Callable[[str, list[int]], None]
) -> None:
    url = secured.url(role)
    with psycopg.connect(secured.url("postgres"), autocommit=True) as operator:
        sources = [new_source(operator), new_source(operator)]
        work(url, sources)
        rights = [right for (right,) in operator.execute(_RIGHTS.encode(), {"role": role})]
        assert len(rights) > 10
        for right in rights:
            operator.execute(f"revoke {right} from {role}".encode())
            if "schema" in right:
                operator.execute("revoke usage on schema public from public")
            with pytest.raises(_REFUSED):  # noqa: PT012 - the second line names what was not refused
                work(url, sources)
                pytest.fail(f"{role} does not need {right}")
            operator.execute(f"grant {right} to {role}".encode())
        operator.execute("grant usage on schema public to public")


@pytest.mark.parametrize(
    "verb", ["top artists", "recent", "export", "verify", "jobs list", "jobs show 1", "dead list", "user list"]
)
def test_a_reader_reads(secured: Server, commands: Commands, verb: str) -> None:
    with psycopg.connect(secured.url("postgres"), autocommit=True) as operator:
        new_source(operator)
    done = commands.run(*verb.split(), SCROBBLES_DATABASE_URL=secured.url("reader"))
    assert done.code == 0, done.errors


@pytest.mark.parametrize(
    ("role", "where", "new", "said"),
    [
        ("importer", "", 1, ""),
        ("reader", "", None, "permission denied to create temporary tables"),
        ("importer", "&options=-cdefault_transaction_read_only%3Don", None, "read-only"),
        ("nobody", "", None, "password authentication failed"),
    ],
)
def test_a_dry_run_says_why_it_does_not_know_what_would_be_new(
    secured: Server, commands: Commands, tmp_path: Path, role: str, where: str, new: int | None, said: str
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"track_metadata":{"artist_name":"A","track_name":"B"},"listened_at":1600000000}\n')
    arguments = ["import", "--dry-run", "--json", "--user", "nina", str(path)]
    done = commands.run(*arguments, SCROBBLES_DATABASE_URL=secured.url(role) + where)
    assert (done.code, done.answer["accepted"], done.answer["inserted"]) == (0, 1, new), done.errors
    assert said in done.errors
    assert ("what would be new is not known" in done.errors) == (new is None)

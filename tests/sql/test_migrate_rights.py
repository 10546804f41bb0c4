"""What `scrobbles migrate` needs: nothing where there is nothing to do, else one sentence on what is missing."""

import pytest

from schemas.errors import Fault
from sql.connection import connect
from sql.migrate import migrate, require_head
from tests.cli.commands import eventually
from tests.cluster.postgres import PASSWORD, Server

_READ_ONLY = "&options=-cdefault_transaction_read_only%3Don"
_HEAD = "select max(migration_id) from _yoyo_migration"


@pytest.mark.parametrize("role", ["owner", "worker", "reader"])
@pytest.mark.parametrize("where", ["primary", "read-only", "replica"])
def test_at_head_there_is_nothing_to_do_for_anybody(secured: Server, replica: Server, role: str, where: str) -> None:
    head = secured.asked(_HEAD, "plays")
    eventually(lambda: replica.asked(_HEAD, "plays") == head)
    url = {"primary": secured.url(role), "read-only": secured.url(role) + _READ_ONLY, "replica": replica.url(role)}
    assert migrate(url[where]) == []
    with connect(url[where]) as connection:
        require_head(connection)


@pytest.fixture(scope="session")
def others(secured: Server, replica: Server) -> None:
    """Databases that are not at head: one of which the roles may read what was applied, an empty and a closed one."""
    secured.order(
        f"create role outside login password '{PASSWORD}'",
        *(f"create database {name} owner owner" for name in ("behind", "shut", "empty")),
    )
    migrate(secured.url("owner", "behind"))
    secured.order(
        "delete from _yoyo_migration where migration_id = (select max(migration_id) from _yoyo_migration)",
        "grant select on _yoyo_migration to worker",
        database="behind",
    )
    secured.order("revoke all on schema public from public", database="shut")
    eventually(lambda: replica.asked("select count(*) from pg_database where datname = 'empty'") == 1)


@pytest.mark.parametrize(
    ("role", "database", "where", "code", "said"),
    [
        ("worker", "behind", "primary", 77, "permission denied for schema public"),
        ("worker", "empty", "primary", 77, "permission denied for schema public"),
        ("worker", "shut", "primary", 77, "permission denied for schema public"),
        ("outside", "behind", "primary", 77, "permission denied for table _yoyo_migration"),
        ("owner", "behind", "read-only", 78, "read-only"),
        ("owner", "behind", "replica", 78, "read-only"),
        ("owner", "empty", "replica", 78, "read-only"),
    ],
)
@pytest.mark.usefixtures("others")
def test_what_is_missing_is_told_in_one_sentence(
    secured: Server, replica: Server, role: str, database: str, where: str, code: int, said: str
) -> None:
    url = (replica if where == "replica" else secured).url(role, database)
    with pytest.raises(Fault) as caught:
        migrate(url + _READ_ONLY * (where == "read-only"))
    assert caught.value.exit_code == code
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert ("owns the tables" if code == 77 else "primary") in caught.value.hint


def test_of_several_hosts_the_one_that_takes_writes_is_migrated(secured: Server, replica: Server) -> None:
    secured.order("create database several owner owner")
    eventually(lambda: replica.asked("select count(*) from pg_database where datname = 'several'") == 1)
    url = replica.url("owner", "several", secured)
    assert migrate(url) != []
    assert migrate(url) == []

"""People: names of every script, another name, and removal with all that was theirs."""

from pathlib import Path

import psycopg
import pytest

from schemas.metrics import DEAD_LETTERS_WAITING
from schemas.settings import Settings
from tests.cli.commands import Commands, Worker, address_of, ask, eventually
from tests.cli.groups import plays, publish
from tests.cli.here import Here
from tests.cli.malojas import row, write
from tests.consumers.logs import problems


@pytest.mark.parametrize(
    "name",
    [
        "me",
        "Zoë",
        "مهدی\u200cزاده",
        "👩\u200d💻",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "क्\u200dष",
        "עברית",
        "\u200eLatin in RTL",
        "日本 太郎",
        "O'Brien; drop table --",
        "x" * 200,
    ],
)
def test_a_person_may_have_any_name_that_can_be_seen(here: Here, name: str) -> None:
    assert here.run("user", "add", name).code == 0
    assert [person["name"] for person in here.run("user", "list", "--json").answer] == [name]
    assert here.run("top", "artists", "--user", name).code == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "characters that can be seen"),
        (" \t", "characters that can be seen"),
        ("\u200b\u200c\ufeff", "characters that can be seen"),
        ("a\nb", "no control characters"),
        ("a\x1b[31m", "no control characters"),
        ("a\x85b", "no control characters"),
        ("a\u2028b", "no control characters"),
        ("a\u202eb", "no control characters"),
        ("a\u2066b", "no control characters"),
        ("a\udcfcb", "no UTF-8"),
        ("all", "stands for everyone"),
        ("x" * 201, "200 characters at most, not 201"),
    ],
)
@pytest.mark.parametrize("verb", [("user", "add"), ("user", "rename", "me"), ("import", "--dry-run", "x", "--user")])
def test_a_name_that_cannot_be_seen_or_that_harms_a_terminal_is_refused(
    here: Here, verb: tuple[str, ...], name: str, said: str
) -> None:
    done = here.run(*verb, name)
    assert (done.code, said in done.errors) == (2, True), done.errors


def test_a_name_typed_in_two_ways_is_one_person(here: Here) -> None:
    assert here.run("user", "add", "Zoe\u0308").code == 0
    assert here.run("user", "add", "Zoë").code == 2
    for name in ("Zoe\u0308", "Zoë"):
        assert here.run("top", "artists", "--user", name).code == 0


def test_a_person_who_is_renamed_keeps_plays_and_imports(
    commands: Commands, worker: Worker, tmp_path: Path, connection: psycopg.Connection
) -> None:
    path = write(tmp_path, "x.json", row(1), row(2))
    assert commands.run("import", path, "--user", "old").code == 0
    assert commands.run("user", "rename", "old", "new").errors == "old is called new now\n"
    assert commands.run("import", path, "--user", "new", "--json").answer["job"] == 1
    assert commands.run("jobs", "list", "--user", "new", "--json").answer[0]["inserted"] == 2
    assert commands.run("top", "artists", "--user", "new", "--json").answer[0]["plays"] == 2
    gone = commands.run("recent", "--user", "old")
    assert (gone.code, "nobody called old" in gone.errors) == (2, True)
    assert commands.run("user", "add", "other").code == 0
    for arguments, said in ((("new", "other"), "already a person called other"), (("old", "x"), "nobody called old")):
        done = commands.run("user", "rename", *arguments)
        assert (done.code, said in done.errors) == (2, True)
    assert problems(connection) == []
    worker.require_alive()


def test_a_person_is_removed_with_plays_imports_and_letters_and_the_ledger_still_adds_up(
    commands: Commands, worker: Worker, settings: Settings, tmp_path: Path, connection: psycopg.Connection
) -> None:
    first, second = write(tmp_path, "x.json", row(1), row(2), row(3)), write(tmp_path, "y.json", row(3), row(4))
    for path in (first, second):
        assert commands.run("import", path, "--user", "gone").code == 0
        assert commands.run("import", path, "--user", "stays").code == 0
    connection.execute("update source set state = 'done' where state = 'waiting'")
    publish(settings, "import", 1, plays(1, first=2**31))
    refused = commands.run("user", "remove", "gone", given=b"n\n")
    assert (refused.code, "Remove gone with 4 plays for good?" in refused.errors) == (1, True)
    done = commands.run("user", "remove", "gone", "--yes")
    assert (done.code, "gone was removed, with 4 plays" in done.errors) == (0, True), done.errors
    assert problems(connection) == []
    left = "select from app_user where name = 'gone' union all select from repeated_listen where user_id = 1"
    assert connection.execute(f"{left} union all select from source where file_name like '%x.json'").rowcount == 1
    assert [job["user"] for job in commands.run("jobs", "list", "--json").answer] == ["stays", "stays"]
    assert commands.run("top", "artists", "--user", "stays", "--json").answer[0]["plays"] == 4
    again = commands.run("import", first, "--user", "gone", "--json")
    assert (again.code, again.answer["inserted"]) == (0, 3), again.errors
    assert problems(connection) == []
    worker.require_alive()


def test_what_comes_for_a_person_who_was_removed_is_a_dead_letter(
    commands: Commands, worker: Worker, settings: Settings, tmp_path: Path, connection: psycopg.Connection
) -> None:
    assert commands.run("import", write(tmp_path, "x.json", row(1)), "--user", "gone").code == 0
    assert commands.run("user", "remove", "gone", "--yes").code == 0
    # A worker that has counted this letter has also forgotten whose plays the source brought.
    connection.execute(
        'insert into dead_letter (topic_id, topic, partition, "offset", source_id, stage, reason, detail)'
        " values (gen_random_uuid(), 't', 0, 0, 0, 'decode', 'empty', '')"
    )
    counted = f"{DEAD_LETTERS_WAITING} 1.0"
    eventually(lambda: counted in ask(address_of(worker), "/metrics")[1], worker)
    connection.execute("delete from dead_letter")
    publish(settings, "import", 1, plays(3))
    eventually(lambda: connection.execute("select count(*) from dead_letter").fetchone() == (3,), worker)
    kinds = connection.execute("select distinct reason, source_id from dead_letter").fetchall()
    assert kinds == [("unknown_source", 0)]
    assert problems(connection) == []

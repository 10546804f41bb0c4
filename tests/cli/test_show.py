"""The verbs that show, prove and prepare: results on stdout, everything else on stderr, and the exit code."""

import datetime as dt
import subprocess
import sys
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
import pytest
import typer

from cli.main import build, run
from cli.verbs import VERBS
from consumers.listens.store import Store
from schemas.listen import Listen, Track
from schemas.settings import APPLICATION, Settings
from schemas.topics import all_topics
from tests.cli.commands import Commands, Worker
from tests.cli.here import Here
from tests.cli.malojas import row, write
from tests.consumers.logs import PARTITION, new_source, run_of, save, value

BEGIN = int(dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp())
HISTORY = [
    *(Listen(BEGIN + at, Track(("Björk",), "Jóga", "Homogenic")) for at in range(3)),
    *(Listen(BEGIN + at, Track(("Björk", "Sjón"), "Bachelorette", "Homogenic")) for at in range(3, 5)),
    *(Listen(BEGIN - 100 - at, Track(("AC/DC [live] [/]",), "T.N.T.")) for at in range(4)),
]


@pytest.fixture
def stored(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        source = new_source(connection)
    with closing(Store(database)) as store:
        store.next_offsets([PARTITION])
        save(store, run_of([*(value(listen, source) for listen in HISTORY), b"no listen"]))


@pytest.mark.usefixtures("stored")
def test_verify_proves_what_is_stored_and_ends_with_1_where_it_cannot(here: Here, database: str) -> None:
    expected: dict[str, object] = {
        "ok": True,
        "read": 10,
        "inserted": 9,
        "duplicate": 0,
        "dead": 1,
        "listens": 9,
        "skipped": 0,
    }
    expected |= {"waiting_letters": 1, "waiting_jobs": []}
    done = here.run("verify", "--json")
    assert (done.code, done.answer, done.errors) == (0, {**expected, "problems": []}, "")
    told = here.run("verify")
    assert told.code == 0
    assert "nothing lost, nothing doubled" in told.output
    assert "1 dead letter waits for a decision" in told.output
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("delete from listen where listened_at = (select min(listened_at) from listen)")
    done = here.run("verify", "--json")
    assert (done.code, done.answer["ok"]) == (1, False)
    assert done.answer["problems"] == ["listens: 9 were inserted, 8 are stored"]
    told = here.run("verify")
    assert (told.code, "9 were inserted, 8 are stored" in told.output) == (1, True)


@pytest.mark.usefixtures("stored")
def test_top_ranks_artists_albums_and_tracks(here: Here) -> None:
    assert here.run("top", "artists", "--json").answer == [
        {"artist": "Björk", "plays": 5},
        {"artist": "AC/DC [live] [/]", "plays": 4},
    ]
    assert here.run("top", "albums", "--json").answer == [{"album": "Homogenic", "artist": "Björk", "plays": 5}]
    tracks = here.run("top", "tracks", "--json", "--limit", "2").answer
    assert tracks == [
        {"track": "T.N.T.", "artist": "AC/DC [live] [/]", "album": None, "plays": 4},
        {"track": "Jóga", "artist": "Björk", "album": "Homogenic", "plays": 3},
    ]
    since = here.run("top", "artists", "--since", "2024-01-01", "--json")
    assert since.answer == [{"artist": "Björk", "plays": 5}]
    nothing = here.run("top", "artists", "--since", "2030-01-01")
    assert (nothing.code, nothing.output) == (0, "no plays\n")


@pytest.mark.usefixtures("stored")
def test_names_are_shown_to_people_as_they_are(here: Here) -> None:
    for arguments in (["top", "artists"], ["recent"]):
        done = here.run(*arguments)
        assert done.code == 0, done.errors
        assert "AC/DC [live] [/]" in done.output
        assert "Björk" in done.output


@pytest.mark.usefixtures("stored")
def test_recent_shows_the_last_plays_first(here: Here) -> None:
    done = here.run("recent", "--limit", "1", "--json")
    (last,) = done.answer
    assert last["track"] == "Bachelorette"
    assert last["artists"] == ["Björk", "Sjón"]
    assert dt.datetime.fromisoformat(last["listened_at"]) == dt.datetime.fromtimestamp(BEGIN + 4, dt.UTC)
    (line,) = [line for line in here.run("recent", "--limit", "1").output.splitlines() if "Bachelorette" in line]
    assert line.split() == ["2024-01-01", "00:00", "Bachelorette", "Björk,", "Sjón", "Homogenic"]


@pytest.mark.usefixtures("stored")
def test_people_are_added_once_and_listed_with_their_plays(here: Here) -> None:
    assert here.run("user", "add", "Anna [/b]").code == 0
    again = here.run("user", "add", "Anna [/b]")
    assert (again.code, "already a person called Anna [/b]" in again.errors) == (2, True)
    assert here.run("user", "add", " ").code == 2
    people = here.run("user", "list", "--json").answer
    assert [(person["name"], person["listens"]) for person in people] == [("Anna [/b]", 0), ("me", 9)]
    assert "Anna [/b]" in here.run("user", "list").output
    for arguments in (["top", "artists"], ["recent"]):
        nobody = here.run(*arguments, "--user", "bob")
        assert (nobody.code, nobody.output) == (2, "")
        assert "nobody called bob" in nobody.errors


def test_topics_and_schema_are_brought_to_where_they_must_be_and_then_left(here: Here, settings: Settings) -> None:
    done = here.run("topics", "ensure")
    assert (done.code, done.output) == (0, "")
    for topic in all_topics(settings.topic_prefix):
        assert f"{topic.name} created with {topic.partitions} partitions" in done.errors
    assert "all topics are as they should be" in here.run("topics", "ensure").errors
    assert "the schema is what this version needs" in here.run("migrate").errors


def test_config_shows_values_and_where_they_came_from_and_no_secret(here: Here, settings: Settings) -> None:
    variables = {
        "SCROBBLES_KAFKA__SASL_PASSWORD": "verysecret",
        "SCROBBLES_DATABASE_URL": "postgresql://me:verysecret@host/d",
    }
    done = here.run("config", "show", "--json", **variables)
    shown = done.answer
    assert (done.code, done.errors) == (0, "")
    assert shown["group"] == {"value": settings.group, "origin": "SCROBBLES_GROUP"}
    assert shown["log"] == {"value": "info", "origin": "default"}
    assert shown["database_url"]["value"] == "postgresql://me:***@host/d"
    assert shown["kafka_properties.sasl.password"] == {"value": "***", "origin": "SCROBBLES_KAFKA__SASL_PASSWORD"}
    table = here.run("config", "show", **variables)
    assert "SCROBBLES_GROUP" in table.output
    assert "verysecret" not in done.output + table.output + table.errors


@pytest.mark.parametrize("verb", [["verify"], ["config", "show"], ["consume"], ["migrate"]])
def test_an_unknown_variable_stops_every_verb(here: Here, verb: list[str]) -> None:
    done = here.run(*verb, SCROBBLES_GRUOP="x")
    assert (done.code, done.output) == (78, "")
    assert "SCROBBLES_GRUOP is no setting" in done.errors
    assert "did you mean group?" in done.errors


@pytest.mark.parametrize(
    "arguments",
    [["no-such-verb"], ["verify", "--no-such-option"], ["top", "songs"], ["import"], ["recent", "--limit", "0"]],
)
def test_a_command_line_that_asks_for_nothing_we_know_ends_with_2(
    arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    output, errors = capfd.readouterr()
    assert output == ""
    assert errors.startswith("scrobbles: ")
    assert len(errors.splitlines()) > 1, "no hint"


@pytest.mark.parametrize("text", ["tomorrow", "2024", "2024-13-01", "1700000000", ""])
@pytest.mark.parametrize(
    "arguments", [["top", "artists", "--since"], ["import", "x", "--until"], ["dead", "list", "--since"]]
)
def test_what_is_no_date_is_refused_with_the_forms_of_one(here: Here, arguments: list[str], text: str) -> None:
    done = here.run(*arguments, text)
    assert (done.code, done.output) == (2, "")
    assert "Usage" not in done.errors
    assert f"{text!r} is no date. Write it as 2024-01-31, 2024-01-31T18:30 or " in done.errors


@pytest.mark.parametrize("until", ["2024-01-01", "2024-01-01T01:00+01:00", "2023-12-31"])
def test_an_import_of_no_time_at_all_is_refused(here: Here, until: str) -> None:
    done = here.run("import", "x", "--since", "2024-01-01", "--until", until)
    assert (done.code, done.output) == (2, "")
    assert "no play is from --since on and before --until" in done.errors


def test_the_version_is_told_without_loading_a_verb() -> None:
    script = "import sys; from cli.main import run; code = run(['--version']); print(code, 'psycopg' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout
    assert told.splitlines() == [f"scrobbles {version(APPLICATION)}", "0 False"]


def seconds_of(verb: str) -> list[str]:
    """The verbs of its own that a verb has, such as `show` of `dead`."""
    root: Any = typer.main.get_command(build())
    return [*getattr(root.get_command(None, verb), "commands", ())]


@pytest.mark.parametrize("verb", VERBS)
def test_help_shows_an_example_of_every_verb(verb: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run([verb, "--help"]) == 0
    shown = capfd.readouterr().out
    seconds = seconds_of(verb)
    assert seconds or f"Example: scrobbles {verb}" in shown
    for second in seconds:
        assert run([verb, second, "--help"]) == 0
        assert f"Example: scrobbles {verb} {second}" in capfd.readouterr().out


@pytest.mark.usefixtures("servers")
def test_a_verb_without_a_schema_says_which_command_makes_it(here: Here, bare_database: str) -> None:
    for arguments in (["verify"], ["top", "artists"], ["user", "list"], ["recent"]):
        done = here.run(*arguments, SCROBBLES_DATABASE_URL=bare_database)
        assert (done.code, done.output) == (78, ""), done.errors
        assert "scrobbles migrate" in done.errors
        assert "Traceback" not in done.errors


def test_what_a_title_does_to_a_terminal_is_written_out(commands: Commands, worker: Worker, tmp_path: Path) -> None:
    commands.run("import", write(tmp_path, "x.json", row(1, "Red\x1b[31m\u202eeltit", album="two\nlines")))
    shown = commands.run("recent").output
    assert r"Red\x1b[31m\u202eeltit" in shown
    assert r"two\nlines" in shown
    assert commands.run("import", "x.json", "--user", "e\x1b[31m").code == 2
    worker.require_alive()


def test_an_undone_import_counts_no_more(commands: Commands, worker: Worker, tmp_path: Path) -> None:
    commands.run("import", write(tmp_path, "x.json", row(1), row(2)))
    commands.run("jobs", "undo", "1")
    assert commands.run("user", "list", "--json").answer[0]["listens"] == 0
    assert commands.run("status", "--json").answer["listens"] == 0
    assert "2 of those inserted were removed since" in commands.run("verify").output
    worker.require_alive()

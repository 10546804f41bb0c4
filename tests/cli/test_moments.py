"""Times are read and shown in the zone of the person, which is always named; a script gets UTC."""

import datetime as dt
from contextlib import closing

import psycopg
import pytest

from cli.moments import Clock, moment
from consumers.listens.store import Store
from schemas.listen import Listen, Track
from tests.cli.commands import Commands
from tests.cli.here import Here
from tests.consumers.logs import PARTITION, new_source, run_of, save, value

# Half past eleven in the evening of New Year's Eve, and four times half an hour later.
EVE = int(dt.datetime(2023, 12, 31, 22, 30, tzinfo=dt.UTC).timestamp())
BERLIN, UTC = {"TZ": "Europe/Berlin"}, {"TZ": "UTC"}


@pytest.fixture
def stored(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        source = new_source(connection)
    listens = [Listen(EVE + 1800 * at, Track(("Björk",), f"Jóga {at}", "Homogenic")) for at in range(5)]
    with closing(Store(database)) as store:
        store.next_offsets([PARTITION])
        save(store, run_of([*(value(listen, source) for listen in listens), b"no listen"]))


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("flags", "variables", "plays"),
    [
        (["--since", "2024-01-01"], UTC, 2),
        (["--since", "2024-01-01"], BERLIN, 4),
        (["--since", "2024-01-01"], {"TZ": ":Europe/Berlin"}, 4),
        (["--since", "2024-01-01"], {"TZ": "/usr/share/zoneinfo/Europe/Berlin"}, 4),
        (["--since", "2024-01-01", "--utc"], BERLIN, 2),
        (["--since", "2024-01-01", "--zone", "Europe/Berlin"], UTC, 4),
        (["--since", "2024-01-01T00:30"], BERLIN, 3),
        (["--since", "2024-01-01T00:30Z"], BERLIN, 1),
        (["--since", "2024-01-01T00:30+01:00"], UTC, 3),
        (["--until", "2024-01-01"], BERLIN, 1),
        (["--since", "2023-12-31T23:30", "--until", "2024-01-01T00:30"], BERLIN, 2),
        ([], UTC, 5),
    ],
)
def test_a_moment_without_an_offset_is_in_the_zone_of_the_person(
    here: Here, flags: list[str], variables: dict[str, str], plays: int
) -> None:
    answer = here.run("top", "artists", "--json", *flags, **variables).answer
    assert answer == [{"artist": "Björk", "plays": plays}]


@pytest.mark.usefixtures("stored")
def test_times_are_shown_where_the_person_is_and_in_utc_to_a_script(here: Here) -> None:
    for flags, variables in ([], BERLIN), (["--zone", "Europe/Berlin"], UTC):
        shown = here.run("recent", "--since", "2024-01-01T00:30Z", *flags, **variables)
        assert shown.output.splitlines()[0].startswith("when (Europe/Berlin)")
        assert shown.output.splitlines()[1].split()[:4] == ["2024-01-01", "01:30", "Jóga", "4"]
    utc = here.run("recent", "--limit", "1", "--utc", **BERLIN).output
    assert utc.startswith("when (UTC)")
    assert "2024-01-01 00:30" in utc
    (last,) = here.run("recent", "--limit", "1", "--json", PGTZ="America/New_York", **BERLIN).answer
    assert last["listened_at"] == "2024-01-01T00:30:00+00:00"
    letters = here.run("dead", "list", "--zone", "Asia/Kolkata").output
    assert "kept (Asia/Kolkata)" in letters
    window = here.run("top", "artists", "--since", "2024-01-01", **BERLIN)
    assert "since 2024-01-01 00:00 (Europe/Berlin)" in window.errors


@pytest.mark.usefixtures("stored")
def test_a_rule_in_tz_holds_too_and_is_named_as_the_system_does(commands: Commands) -> None:
    shown = commands.run("recent", "--limit", "1", TZ="MEZ-1MESZ,M3.5.0,M10.5.0/3").output
    assert shown.startswith("when (MEZ/MESZ)")
    assert "2024-01-01 01:30" in shown


@pytest.mark.parametrize("day", ["2024-01-31", "2024-07-31", "2024-03-31", "2024-10-27"])
def test_a_day_is_shown_as_it_was_typed_whatever_summer_time_does(day: str) -> None:
    clock = Clock("Europe/Berlin")
    begin = clock.instant(moment(day))
    assert begin is not None
    assert (clock.day(begin), clock.shown(begin)) == (day, f"{day} 00:00")


@pytest.mark.parametrize(
    ("zone", "hint"),
    [("Europe/Berln", "did you mean Europe/Berlin?"), ("new york", "did you mean"), ("Mars", ""), ("Europe", "")],
)
def test_what_is_no_zone_is_refused(here: Here, zone: str, hint: str) -> None:
    done = here.run("recent", "--zone", zone)
    assert (done.code, done.output) == (2, "")
    assert f"there is no time zone {zone}" in done.errors
    assert hint in done.errors


@pytest.mark.usefixtures("stored")
def test_everyone_is_ranked_together(here: Here, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        (anna,) = connection.execute("insert into app_user (name) values ('anna') returning id").fetchone() or (0,)
        copy = "insert into listen select %s, listened_at, track_id, source_id, played_ms from listen"
        connection.execute(copy, (anna,))
    assert here.run("top", "artists", "--user", "anna", "--json").answer[0]["plays"] == 5
    assert here.run("top", "artists", "--user", "all", "--json").answer[0]["plays"] == 10


@pytest.mark.parametrize(("zone", "is_empty"), [("America/New_York", True), ("Europe/Berlin", False)])
def test_the_window_of_an_import_is_in_the_zone_of_the_person(here: Here, zone: str, is_empty: bool) -> None:
    # In New York the year begins at 05:00 UTC.
    flags = ["--since", "2024-01-01", "--until", "2024-01-01T00:30Z", "--zone", zone]
    errors = here.run("import", "--dry-run", "/no-such-file", *flags).errors
    assert ("no play is from --since on" in errors) == is_empty
    assert ("/no-such-file" in errors) != is_empty

"""The same play from two services: told of, and shown."""

from pathlib import Path

import psycopg

from tests.cli.commands import Commands, Worker
from tests.cli.malojas import row, write


def test_plays_that_only_miss_an_album_are_told_of_and_listed(
    commands: Commands, worker: Worker, connection: psycopg.Connection, tmp_path: Path
) -> None:
    before = (
        row(0, "Alone"),
        row(1, "Titled", album="Titled"),
        row(2, "Whole", album="LP"),
        row(3, "TIDE"),
        row(4, "Other", "Somebody else"),
        row(5, "Another title"),
        row(6, "Single", album="Single"),
        row(7, "Twice", album="LP"),
    )
    after = (
        row(0, "Alone", album="LP"),
        row(1, "Titled", album="LP"),
        row(2, "Whole"),
        row(3, "tide", album="LP"),
        row(4, "Other", album="LP"),
        row(5, "One title", album="LP"),
        row(6, "Single"),
        row(7, "Twice", album="Best of"),
        row(8, "Alone", album="LP"),
    )
    first = commands.run("import", write(tmp_path, "before.json", *before))
    assert "same second" not in first.output
    second = commands.run("import", write(tmp_path, "after.json", *after), "--json")
    assert second.code == 0
    report = second.answer
    assert (report["inserted"], report["same_second"]) == (9, 5)
    assert "5 plays stand at the same second as one you had" in commands.run("jobs", "show", "2").output

    found = commands.run("jobs", "same-second", "2", "--json").answer
    assert [(pair["title"], pair["album"], pair["other_album"]) for pair in found] == [
        ("Alone", "LP", None),
        ("Titled", "LP", "Titled"),
        ("Whole", None, "LP"),
        ("tide", "LP", None),
        ("Single", None, "Single"),
    ]
    assert {pair["other_source"] for pair in found} == {1}
    shown = commands.run("jobs", "same-second", "2", "--utc", "--limit", "2").output
    assert "Alone" in shown
    assert "Titled" in shown
    assert "Whole" not in shown
    assert "no play of job 1" not in commands.run("jobs", "same-second", "1").output
    assert commands.run("jobs", "same-second", "9").code == 2

    assert commands.run("jobs", "undo", "2", "--yes").code == 0
    assert "same second" not in commands.run("jobs", "show", "2").output
    assert "no play of job 1" in commands.run("jobs", "same-second", "1").output
    assert connection.execute("select count(*) from listen").fetchone() == (8,)
    worker.require_alive()


def test_another_person_has_other_plays(commands: Commands, worker: Worker, tmp_path: Path) -> None:
    commands.run("import", write(tmp_path, "one.json", row(0)), "--user", "anna")
    report = commands.run("import", write(tmp_path, "two.json", row(0, album="LP")), "--json").answer
    assert "same_second" not in report
    worker.require_alive()

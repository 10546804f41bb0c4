"""`scrobbles verify`: the proof that nothing is lost and nothing doubled."""

from collections.abc import Sequence
from typing import Annotated

import typer
from psycopg.rows import dict_row
from rich.markup import escape

import sql
from cli.console import emit_json, out, table, visible
from cli.wiring import connected

app = typer.Typer()


@app.command()
def verify(json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Prove that ledger, sources and rows agree; exit 1 where they do not.

    Every message the consumers read is counted, in the transaction that stores it, as inserted, duplicate or dead:
    once for its partition and once for its source. This compares those counts with each other, with the offsets that
    were passed, and with the rows that are really there. What waits, for a worker or for a person, is no difference; it
    is named.

    Example: scrobbles verify
    """
    with connected() as connection, connection.transaction():
        connection.execute(sql.read("one_snapshot"))
        ledger = connection.cursor(row_factory=dict_row).execute(sql.read("ledger")).fetchone() or {}
        (removed,) = connection.execute(sql.read("removed")).fetchone() or (0,)
        (skipped,) = connection.execute(sql.read("skipped")).fetchone() or (0,)
        problems = [problem for (problem,) in connection.execute(sql.read("ledger_problems"))]
        (letters,) = connection.execute(sql.read("waiting_letters")).fetchone() or (0,)
        jobs = connection.execute(sql.read("waiting_imports")).fetchall()
    if json:
        waiting = {"waiting_letters": letters, "waiting_jobs": [job for job, _, _ in jobs]}
        emit_json({"ok": not problems, **ledger, "skipped": skipped, **waiting, "problems": problems})
    else:
        _show(ledger, removed, skipped, problems)
        _show_waiting(letters, jobs)
    raise typer.Exit(int(bool(problems)))


def _show(ledger: dict[str, int], removed: int, skipped: int, problems: list[str]) -> None:
    shown = table("messages read", "= inserted", "+ duplicate", "+ dead", "listens stored")
    shown.add_row(*(f"{ledger[name]:,}" for name in ("read", "inserted", "duplicate", "dead", "listens")))
    out.print(shown)
    if removed:
        out.print(f"{removed:,} of those inserted were removed since, by an undo or with their person")
    if skipped:
        out.print(f"{skipped:,} offsets were skipped by decision; `scrobbles offsets show` tells whose")
    for problem in problems:
        out.print(f"[bold red]✗[/] {escape(problem)}", markup=True)
    if not problems:
        lost = "nothing else lost" if skipped else "nothing lost"
        out.print(f"[bold green]✓[/] {lost}, nothing doubled: ledger, sources and rows agree", markup=True)


def _show_waiting(letters: int, jobs: Sequence[tuple[int, str, int]]) -> None:
    for job, file, missing in jobs:
        out.print(f"job {job} ({visible(file)}) waits: {missing:,} of its plays are in Kafka and not stored yet")
    if letters == 1:
        out.print("1 dead letter waits for a decision; `scrobbles dead list` shows it")
    elif letters:
        out.print(f"{letters:,} dead letters wait for a decision; `scrobbles dead list` shows them")

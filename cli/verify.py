"""`scrobbles verify`: the proof that nothing is lost and nothing doubled."""

from typing import Annotated

import typer
from psycopg.rows import dict_row
from rich.markup import escape

import sql
from cli.console import emit_json, out, table
from cli.wiring import connected

app = typer.Typer()


@app.command()
def verify(json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Prove that ledger, sources and rows agree; exit 1 where they do not.

    Every message the consumers read is counted, in the transaction that stores it, as inserted, duplicate or dead:
    once for its partition and once for its source. This compares those counts with each other, with the offsets that
    were passed, and with the rows that are really there.

    Example: scrobbles verify
    """
    with connected() as connection, connection.transaction():
        connection.execute(sql.read("one_snapshot"))
        ledger = connection.cursor(row_factory=dict_row).execute(sql.read("ledger")).fetchone() or {}
        (removed,) = connection.execute(sql.read("removed")).fetchone() or (0,)
        (skipped,) = connection.execute(sql.read("skipped")).fetchone() or (0,)
        problems = [problem for (problem,) in connection.execute(sql.read("ledger_problems"))]
    if json:
        emit_json({"ok": not problems, **ledger, "skipped": skipped, "problems": problems})
    else:
        _show(ledger, removed, skipped, problems)
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

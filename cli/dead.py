"""`scrobbles dead`: messages that could not become a listen. They are kept; this shows, resends and deletes them."""

from typing import Annotated, Literal

import typer
from psycopg.rows import dict_row

import sql
from cli.console import confirm, emit_json, out, say, table
from cli.letters import Chosen, choose, count, no_letters
from cli.moments import DATE, Clock, Moment, Utc, Zone, moment
from cli.raw import for_people, for_scripts
from cli.wiring import connected, operator, settings
from consumers.listens.deadletter import DeadReason
from producers.replay import replay as send_again

app = typer.Typer()
dead = typer.Typer(help="Messages that could not become a play: look, send again, delete.", no_args_is_help=True)
app.add_typer(dead, name="dead")

Ids = Annotated[list[int] | None, typer.Argument(metavar="ID", hidden=True)]
Reason = Annotated[DeadReason | None, typer.Option(metavar="REASON", help="Only letters that died of this.")]
Topic = Annotated[str | None, typer.Option(metavar="TOPIC", help="Only letters of this topic.")]
Since = Annotated[Moment, typer.Option(parser=moment, metavar=DATE, help="Only letters kept since then.")]
Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="At most this many, the newest.")]
Replayed = Annotated[bool, typer.Option("--replayed", help="Only letters that were sent again.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Json = Annotated[bool, typer.Option("--json", help="For scripts.")]


@dead.command(name="list")
def list_(
    reason: Reason = None,
    topic: Topic = None,
    since: Since = None,
    limit: Limit = 20,
    replayed: Replayed = False,
    zone: Zone = None,
    utc: Utc = False,
    json: Json = False,
) -> None:
    """Show dead letters, the newest first.

    Below them: how many there are for each reason.

    Example: scrobbles dead list --reason malformed --since 2024-01-01
    """
    clock = Clock(zone, utc=utc)
    with connected() as connection:
        chosen = choose(connection, None, reason, topic, clock.instant(since), None, replayed=replayed or None)
        cursor = connection.cursor(row_factory=dict_row)
        rows = cursor.execute(sql.read("list_letters"), (chosen.ids[:limit],)).fetchall()
    if json:
        emit_json(rows)
        return
    kept = f"kept ({clock.name})"
    columns = ("id", kept, "message", "reason", "bytes", "again")
    shown = table(*columns, right=("id", "bytes"), drop=("bytes", "again"), whole=(kept,))
    for row in rows:
        message = f"{row['topic']}[{row['partition']}] {row['offset']}"
        again = "sent" if row["replayed_at"] else "-"
        shown.add_row(
            str(row["id"]), clock.shown(row["created_at"]), message, row["reason"], f"{row['bytes']:,}", again
        )
    if rows:
        out.print(shown)
    say(f"{len(rows):,} of {chosen}" if len(rows) < len(chosen.ids) else str(chosen))


@dead.command()
def show(id_: Annotated[int, typer.Argument(metavar="ID", hidden=True)], json: Json = False) -> None:
    """Show one dead letter in full.

    Nothing in it can disturb a terminal.

    With --json the bytes of key, value and headers are text where they are printable, else base64.

    Example: scrobbles dead show 12
    """
    with connected() as connection:
        row = connection.cursor(row_factory=dict_row).execute(sql.read("dead_letter"), (id_,)).fetchone()
    if row is None:
        raise no_letters([id_])
    key, value = row.pop("key"), row.pop("value")
    headers = [(name, None if text is None else bytes.fromhex(text)) for name, text in row.pop("headers")]
    if json:
        raw = {"key": for_scripts(key), "value": for_scripts(value)}
        emit_json({**row, **raw, "headers": [[name, for_scripts(content)] for name, content in headers]})
        return
    facts = [(name.replace("_", " "), None if fact is None else str(fact)) for name, fact in row.items()]
    raw_parts = [
        *((f"header {for_people(name)}", content) for name, content in headers),
        ("key", key),
        ("value", value),
    ]
    for name, content in (*facts, *raw_parts):
        out.print(f"{name:<12} {'-' if content is None else for_people(content)}")


@dead.command()
def replay(
    ids: Ids = None,
    reason: Reason = None,
    topic: Topic = None,
    since: Since = None,
    limit: Limit = None,
    zone: Zone = None,
    utc: Utc = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Send dead letters to their topics again.

    Do so once the cause is fixed. Each becomes a new message, which a worker stores or buries again. A letter that was
    sent is marked and is not sent a second time. If this is interrupted, start it again: what comes twice is stored
    once. Letters of an import that was undone are left out, for its plays would come back. Where one of the numbers
    does not exist, none is sent.

    Example: scrobbles dead replay --reason unknown_source --dry-run
    """
    chosen_settings = settings()
    with connected(chosen_settings) as connection:
        begun = Clock(zone, utc=utc).instant(since)
        chosen = choose(connection, ids, reason, topic, begun, limit, replayed=False, undone=False)
        if dry_run or not chosen.ids:
            _tell("send again", chosen, json)
            return
        done = list(send_again(connection, chosen_settings, sorted(chosen.ids), operator()))
    sent = sum(chunk.sent for chunk in done)
    refusals = [chunk.refusal for chunk in done if chunk.refusal]
    if json:
        emit_json({"matched": len(chosen.ids), "replayed": sent, "refused": len(chosen.ids) - sent, "dry_run": False})
    else:
        say(f"sent {count(sent)} again; `scrobbles dead list` shows which of them die again")
    if refusals:
        raise refusals[0]


@dead.command()
def purge(
    ids: Ids = None,
    reason: Reason = None,
    topic: Topic = None,
    since: Since = None,
    limit: Limit = None,
    replayed: Replayed = False,
    zone: Zone = None,
    utc: Utc = False,
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Delete dead letters for good.

    The ledger keeps their number, so `scrobbles verify` still adds up.

    Where one of the numbers does not exist, none is deleted.

    Example: scrobbles dead purge --replayed --yes
    """
    with connected() as connection:
        begun = Clock(zone, utc=utc).instant(since)
        chosen = choose(connection, ids, reason, topic, begun, limit, replayed=replayed or None)
        if dry_run or not chosen.ids:
            _tell("delete", chosen, json)
            return
        if not yes:
            confirm(f"Delete {chosen} for good?")
        with connection.transaction():
            rows = connection.execute(sql.read("purge_letters"), (chosen.ids,)).fetchall()
            purged = sum(letters for (letters,) in rows)
            connection.execute(sql.read("insert_decision"), (operator(), "purge", str(chosen)))
    if json:
        emit_json({"matched": len(chosen.ids), "purged": purged, "dry_run": False})
    else:
        say(f"deleted {count(purged)}")


def _tell(verb: Literal["send again", "delete"], chosen: Chosen, json: bool) -> None:
    """What would be done, or that there is nothing to do."""
    done = "replayed" if verb == "send again" else "purged"
    if json:
        emit_json({"matched": len(chosen.ids), done: 0, "dry_run": True})
    else:
        say(f"would {verb}: {chosen}" if chosen.ids else f"nothing to {verb}")

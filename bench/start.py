"""What a newcomer waits for: `scrobbles up` in a folder of its own, and the first import right after it."""

from bench.console import say
from bench.figures import Figure
from bench.history import HISTORY_SECONDS, PLAYS, history_export
from bench.lab import Lab
from deploy.local import stack
from schemas.settings import PREFIX

_UP_SECONDS = 6.0


def start(lab: Lab, _: int) -> list[Figure]:
    """Up in an empty folder, an import at once, up again while everything runs, and up after down."""
    path = history_export(lab)
    data = lab.folder / "newcomer"
    own = {f"{PREFIX}DATA": str(data)}
    try:
        first = lab.run("cli", "up", **own).seconds
        at_once = lab.run("cli", "import", str(path), **own).seconds
        running = lab.run("cli", "up", **own).seconds
        lab.run("cli", "down", **own)
        again = lab.run("cli", "up", **own).seconds
    finally:
        stack.stop(data, purging=True)
    say(f"up: {first:.1f} s, while it runs {running:.1f} s, after down {again:.1f} s")
    what = "scrobbles up: Kafka, Postgres, two workers"
    return [
        Figure(what, "in an empty folder", first, "s"),
        Figure(what, "after down", again, "s", at_most=_UP_SECONDS),
        Figure(what, "everything runs", running, "s", at_most=_UP_SECONDS),
        Figure(what, f"import of {PLAYS:,} plays right after the first", at_once, "s", at_most=HISTORY_SECONDS),
    ]

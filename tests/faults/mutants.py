"""`make mutants`: remove each guard in turn, in a copy of the tree, and see its tests turn red.

python -m tests.faults.mutants [WORD…]   only the guards whose sentence has one of the words

A guard whose tests stay green, or whose text is no longer there, fails the run; so does a test that is red already.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.conftest import Servers, local_stack
from tests.faults.guards import MUTATIONS, ROOT, Mutation

# pytest's exit codes.
_GREEN, _RED = 0, 1
# How long a test of a mutant waits for what will never come true; see tests/cli/commands.py.
_PATIENCE = ("tests/cli/commands.py", "SECONDS = 60.0\n", "SECONDS = 15.0\n")
# A mutant may hang where the product does not.
_MUTANT_SECONDS = 240


class Copy:
    """The tree, elsewhere: what git knows of it, as it is now."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self._folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        for name in listed.stdout.decode().rstrip("\0").split("\0"):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        self.replace(*_PATIENCE)
        # PYTHONPATH comes before the checkout in which the product is installed, also for the commands under test.
        self._environment = os.environ | {
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SCROBBLES_TEST_KAFKA": servers.kafka,
            "SCROBBLES_TEST_DATABASE_URL": servers.database_url,
        }

    def replace(self, file: str, before: str, after: str) -> str:
        """Change a file; what it was."""
        text = (self._folder / file).read_text("utf-8")
        if text.count(before) != 1:
            sys.exit(f"{file} holds this {text.count(before)} times, and must hold it once:\n{before}")
        (self._folder / file).write_text(text.replace(before, after), "utf-8")
        return text

    def restore(self, file: str, text: str) -> None:
        (self._folder / file).write_text(text, "utf-8")

    def run(self, tests: tuple[str, ...], *options: str, seconds: float | None = None) -> tuple[int, str]:
        """pytest's exit code, _RED if it took too long, and what it said."""
        command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", *options, *tests]
        try:
            done = subprocess.run(
                command,
                cwd=self._folder,
                env=self._environment,
                capture_output=True,
                check=False,
                text=True,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            return _RED, "too slow"
        return done.returncode, done.stdout


def main() -> int:
    """Exit code 1 unless every mutant was caught."""
    words = sys.argv[1:]
    chosen = [one for one in MUTATIONS if not words or any(word in one.guard for word in words)]
    console = Console(highlight=False, soft_wrap=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scrobbles-mutants-")))
        copy = Copy(folder, stack.enter_context(local_stack()))
        console.print("without any mutation …")
        code, said = copy.run(tuple(dict.fromkeys(test for one in chosen for test in one.tests)))
        if code != _GREEN:
            console.print(said, markup=False)
            return 1
        table = Table("guard removed", "red", "s", box=None, pad_edge=False)
        green = {one.guard: _green(copy, one, table, console) for one in chosen}
    console.print(table)
    survived = {guard: tests for guard, tests in green.items() if tests}
    for guard, tests in survived.items():
        console.print(f"[bold red]green without it:[/] {guard}")
        console.print("\n".join(f"  {test}" for test in tests), markup=False)
    console.print(f"{len(chosen) - len(survived)} of {len(chosen)} mutants caught")
    return 1 if survived or not chosen else 0


def _green(copy: Copy, one: Mutation, table: Table, console: Console) -> list[str]:
    """The tests that do not notice."""
    begun = time.monotonic()
    before = copy.replace(one.file, one.before, one.after)
    # Each test for itself: all that are named must turn red.
    found = [copy.run((test,), "-x", seconds=_MUTANT_SECONDS) for test in one.tests]
    copy.restore(one.file, before)
    broken = [said for code, said in found if code not in (_GREEN, _RED)]
    if broken:
        sys.exit("\n".join([f"the tests of this guard cannot run: {one.guard}", *broken]))
    green = [test for test, (code, _) in zip(one.tests, found, strict=True) if code == _GREEN]
    verdict = f"{len(found) - len(green)} of {len(found)}"
    console.print(f"{verdict:8} {one.guard}", markup=False)
    seconds = f"{time.monotonic() - begun:.0f}"
    table.add_row(one.guard, f"[bold red]{verdict}[/]" if green else verdict, seconds)
    return green


if __name__ == "__main__":
    sys.exit(main())

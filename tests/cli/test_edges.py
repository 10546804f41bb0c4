"""What is around a command: streams, locale, arguments, folders. None of it is a bug of ours, and each is told.

Each row is a line for bash, the exit code, and what must be said.
"""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from _pytest.mark import ParameterSet

from cli.wiring import operator
from consumers.listens.store import Store
from schemas.listen import Listen, Track
from schemas.settings import Settings
from tests.cli.commands import SECONDS, Finished, environment_of
from tests.cli.malojas import row, write
from tests.consumers.logs import NOW, PARTITION, new_source, run_of, save, value

ROOT = Path(__file__).parents[2]
PRINTING = (
    "--help",
    "--version",
    "top --help",
    "top artists",
    "top artists --json",
    "recent",
    "export",
    "verify",
    "status",
    "status --json",
    "doctor",
    "config show",
    "config show --json",
    "user list",
    "dead list --json",
    "import --dry-run x.json",
    "import --dry-run --json x.json",
)
ASCII = "LC_ALL=C PYTHONCOERCECLOCALE=0 PYTHONUTF8=0"


# `plain` is `scrobbles` without the right of root to pass every lock.
PRELUDE = """
scrobbles() { "$PYTHON" -m cli "$@"; }
plain() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --bounding-set=-dac_override,-dac_read_search "$PYTHON" -m cli "$@"
    else
        scrobbles "$@"
    fi
}
"""


class Shell:
    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._environment = environment | {"PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
        self._folder = folder

    def run(self, line: str) -> Finished:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", PRELUDE + line],
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
        return Finished(done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode())


@pytest.fixture
def shell(settings: Settings, database: str, tmp_path: Path) -> Shell:
    """In a folder with an export, for a database with a play of Björk."""
    with psycopg.connect(database, autocommit=True) as connection:
        source = new_source(connection)
    with closing(Store(database)) as store:
        store.next_offsets([PARTITION])
        save(store, run_of([value(Listen(NOW, Track(("Björk ☃",), "Jóga")), source)]))
    write(tmp_path, "x.json", row(1))
    return Shell(environment_of(settings, tmp_path), tmp_path)


@pytest.mark.parametrize("arguments", PRINTING)
def test_stdout_that_takes_no_more_ends_every_verb_with_one_sentence(shell: Shell, arguments: str) -> None:
    for line, said in (
        (f"scrobbles {arguments} > /dev/full", "scrobbles: stdout cannot be written: No space left on device\n"),
        (f"scrobbles {arguments} | true", "scrobbles: stdout was closed before everything was written\n"),
    ):
        done = shell.run(line)
        assert (done.code, done.errors.endswith(said)) == (1, True), (line, done)
        assert "Traceback" not in done.errors


@pytest.mark.parametrize("arguments", ["top artists", "import --dry-run x.json", "top nothing", "export --user bob"])
def test_stderr_that_takes_no_more_changes_nothing(shell: Shell, arguments: str) -> None:
    expected = shell.run(f"scrobbles {arguments}")
    for stream in ("2> /dev/full", "2>&-"):
        done = shell.run(f"scrobbles {arguments} {stream}")
        assert (done.code, len(done.output)) == (expected.code, len(expected.output))


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("PYTHONIOENCODING=latin-1 scrobbles top artists", 0, "Bj\udcf6rk \\u2603"),
        ("PYTHONIOENCODING=ascii scrobbles top artists", 0, "Bj\\xf6rk \\u2603"),
        (f"{ASCII} scrobbles top artists", 0, "Bj\\xf6rk \\u2603"),
        (f"{ASCII} scrobbles top artists --json", 0, '"Björk ☃"'),
        (f"{ASCII} scrobbles user add Zoë && scrobbles user list", 0, "Zoë"),
        (f"cp x.json é.json && {ASCII} scrobbles import --dry-run é.json", 0, "\\xe9.json: maloja"),
        ("scrobbles top artists >&-", 0, ""),
        ("scrobbles import --dry-run - <&-", 65, "stdin"),
    ],
)
def test_what_a_terminal_cannot_show_is_escaped(shell: Shell, line: str, code: int, said: str) -> None:
    done = shell.run(line)
    assert (done.code, said in done.output + done.errors) == (code, True), done


def rows(*given: tuple[str, int, str]) -> list[ParameterSet]:
    return [pytest.param(*each, id=each[0]) for each in given]


@pytest.mark.parametrize(
    ("line", "code", "said"),
    rows(
        (r"scrobbles top artists --user $'\xfc'", 2, r"\xfc"),
        (r"scrobbles user add $'\xfc'", 2, "a person needs a name"),
        (r"scrobbles export --user $'\xfc'", 2, r"\xfc"),
        (r"scrobbles jobs list --user $'\xfc'", 2, r"\xfc"),
        (r"scrobbles dead list --topic $'\xfc'", 2, r"\xfc"),
        (r"scrobbles offsets adopt $'\xfc'", 2, r"\xfc"),
        (r"scrobbles top artists --since $'\xfc'", 2, r"\xfc"),
        (r"scrobbles $'\xfc'", 2, r"\xfc"),
        (r"SCROBBLES_DATA=$'x\xfc' scrobbles status", 78, "SCROBBLES_DATA"),
        (r"SCROBBLES_GROUP=$'x\xfc' scrobbles config show --json", 78, "SCROBBLES_GROUP"),
        (r"SCROBBLES_DATABASE_URL=$'x\xfc' scrobbles verify", 78, "SCROBBLES_DATABASE_URL"),
    ),
)
def test_bytes_that_are_no_utf8_are_named(shell: Shell, line: str, code: int, said: str) -> None:
    done = shell.run(line)
    assert (done.code, said in done.errors) == (code, True), done


@pytest.mark.parametrize(
    ("line", "code", "said"),
    rows(
        ("SCROBBLES_DATA=/sys/none scrobbles up", 78, "the folder /sys/none cannot be used: "),
        ("SCROBBLES_DATA=/sys/none scrobbles down --purge --yes", 0, "/sys/none does not exist"),
        ("SCROBBLES_DATA=/sys/none scrobbles doctor", 1, "/sys"),
        ("mkdir -m 555 d; SCROBBLES_DATA=$PWD/d plain up", 78, "/d cannot be used: Permission denied"),
        ("mkdir -m 555 d; SCROBBLES_DATA=$PWD/d/x plain up", 78, "/d/x cannot be used: Permission denied"),
        ("mkdir -m 555 d; SCROBBLES_DATA=$PWD/d plain status", 1, "plays"),
        ("mkdir -m 000 d; SCROBBLES_DATA=$PWD/d/x plain status", 78, "stack.json cannot be read: Permission denied"),
        ("mkdir -m 000 d; SCROBBLES_DATA=$PWD/d plain down --purge", 78, "stack.json cannot be read: Permission"),
        ("mkdir -m 555 d; plain export --output d/x", 2, "d/x cannot be written: Permission denied"),
        ("mkdir -m 000 d; plain export --output d/x", 2, "d/x cannot be written: Permission denied"),
        ("mkdir -m 555 d; plain import --dry-run x.json --rejects d/x", 2, "d/x cannot be written: Permission denied"),
        ("SCROBBLES_DATA=$PWD/x.json scrobbles up", 78, "x.json"),
        ("SCROBBLES_DATA=$PWD/x.json scrobbles status", 78, "x.json"),
        ("SCROBBLES_DATA=$PWD/x.json/data scrobbles up", 78, "x.json/data"),
        ("SCROBBLES_DATA=$PWD/x.json/data scrobbles doctor", 78, "x.json/data"),
        ("SCROBBLES_CONFIG=. scrobbles status", 78, "cannot be read"),
        (r"printf '\xff' > c; SCROBBLES_CONFIG=c scrobbles status", 78, "c cannot be read"),
        ("env -u HOME -u XDG_CONFIG_HOME $PYTHON -m cli config show", 0, "kafka"),
        (": > stack.json; SCROBBLES_DATA=$PWD scrobbles status", 78, "stack.json is damaged"),
        (r"printf '{\"kafka\":\"\xff\"}' > stack.json; SCROBBLES_DATA=$PWD scrobbles up", 78, "delete it"),
        (": > scrobbles-stack.json; SCROBBLES_DATA=$PWD scrobbles down --purge --yes", 2, "never held a stack"),
        (
            (
                r"mkdir run; : > run/kafka.json; printf '\xff' > run/x.json; ln -s gone run/y.json;"
                "SCROBBLES_DATA=$PWD scrobbles status"
            ),
            1,
            "plays",
        ),
        ("mkdir d; cd d; rmdir ../d; scrobbles import --dry-run x.json", 2, "No such file or directory"),
        ("cat x.json | TMPDIR=/nowhere scrobbles import --dry-run -", 0, "maloja"),
        (
            "head -c 3000000 /dev/zero | (ulimit -f 1; scrobbles import --dry-run -)",
            1,
            "stdin cannot be copied to a temporary file: File too large\n  TMPDIR chooses",
        ),
        (r"printf '\xff\n' | scrobbles user remove me", 1, "nothing was done"),
        ("scrobbles user remove me < /dev/null", 1, "[y/N]:\nscrobbles: nothing was done"),
        ("echo n | scrobbles user remove me", 1, "nothing was done"),
        ("scrobbles import --dry-run /dev/zero", 2, "/dev/zero is a device, not a file"),
        (r"scrobbles export --user me --output $'\xfc'", 0, r"written to \xfc"),
        (r"cp x.json $'\xfc.json'; scrobbles import --dry-run $'\xfc.json'", 0, ""),
        (r"mkdir $'\xfc'; cp x.json $'\xfc'; scrobbles import --dry-run $'\xfc' --rejects $'\xfc/r'", 0, ""),
    ),
)
def test_what_a_person_or_a_machine_gets_wrong_is_no_bug_of_ours(shell: Shell, line: str, code: int, said: str) -> None:
    done = shell.run(line)
    assert (done.code, said in done.output + done.errors) == (code, True), done
    assert "Traceback" not in done.errors


def test_who_decides_is_on_record_whatever_the_account_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "\udcfc")
    assert operator().startswith("\\udcfc@")

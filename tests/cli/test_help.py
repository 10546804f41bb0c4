"""Help fits every terminal, and a shell completes what the help names."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import run
from cli.verbs import GROUPS, VERBS
from tests.cli.here import Here

SECONDS = 60.0


@pytest.fixture
def bash(tmp_path: Path) -> Path:
    """A home in which completion is installed, for a `scrobbles` on PATH."""
    program = tmp_path / "bin" / "scrobbles"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cli "$@"\n')
    program.chmod(0o755)
    # What shell it is, is found among the parents of the process: bash must not replace itself by its last command.
    done = in_bash(tmp_path, "scrobbles --install-completion; exit $?")
    assert "completion installed" in done
    return tmp_path


def in_bash(home: Path, command: str) -> str:
    environment = os.environ | {"HOME": str(home), "PATH": f"{home / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "--norc", "-c", command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("width", ["60", "80"])
@pytest.mark.parametrize("verb", [[], *([verb] for verb in VERBS), ["jobs", "undo"], ["dead", "replay"]])
def test_help_keeps_within_the_terminal_and_shows_no_type_of_a_flag(
    verb: list[str], width: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    assert run([*verb, "--help"]) == 0
    shown = capfd.readouterr().out
    assert max(map(len, shown.splitlines())) <= int(width)
    assert not re.search(r"<(bool|str|int|path|list|float)\b", shown)


@pytest.mark.parametrize("verb", ["jobs", "dead", "offsets", "user", "service", "topics", "config"])
def test_what_a_verb_of_a_group_does_is_said_in_full_at_60_columns(
    verb: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert run([verb, "--help"]) == 0
    _usage, _, verbs = capfd.readouterr().out.partition("Commands:")
    assert verbs
    assert "..." not in verbs


def test_the_verbs_are_in_two_groups_with_one_line_each(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run([]) == 0
    shown = capfd.readouterr().out
    places = [shown.index(f"\n{title}:\n") for title in GROUPS]
    assert places == sorted(places)
    for verb in VERBS:
        assert len(re.findall(rf"^  {verb} +[A-Z].*\.$", shown, re.MULTILINE)) == 1


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["st"], {"status"}),
        ([""], set(VERBS)),
        (["jobs", ""], {"list", "show", "same-second", "resume", "undo"}),
        (["top", "a"], {"artists", "albums"}),
        (["import", "--sp"], {"--spotify-time"}),
        (["no-such-verb", ""], set(VERBS)),
    ],
)
def test_a_shell_completes(bash: Path, typed: list[str], offered: set[str]) -> None:
    words = " ".join(f"'{word}'" for word in ["scrobbles", *typed])
    script = (
        "source .bash_completions/scrobbles.sh;"
        f" COMP_WORDS=({words}); COMP_CWORD={len(typed)}; _scrobbles_completion scrobbles;"
        " printf '%s\\n' ${COMPREPLY[@]}"
    )
    assert set(in_bash(bash, f"cd {bash}; {script}").split()) == offered


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["statsu"], "did you mean status?"),
        (["improt", "x.json"], "did you mean import"),
        (["xyzzy"], "`scrobbles --help` lists all verbs"),
        (["jobs", "lst"], "Did you mean 'list'?"),
        (["top", "artists", "--untl", "x"], "--until"),
        (["recent", "--limit"], "`scrobbles recent --help`"),
        (["import"], "scrobbles import my_spotify_data.zip"),
    ],
)
def test_what_was_mistyped_gets_a_hint(here: Here, typed: list[str], hint: str) -> None:
    done = here.run(*typed)
    assert (done.code, done.output) == (2, "")
    assert done.errors.startswith("scrobbles: ")
    assert hint in done.errors

"""Starting at boot: what is written for systemd, once, and what happens where there is no systemd."""

import os
import shutil
import stat
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from deploy.local import service
from tests.cli.here import Here

URL = "postgresql://me:very$secret@db.example/music"


@pytest.fixture(autouse=True)
def person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not root, whose units are in /etc, whoever runs the tests."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a systemctl that agrees with everything was asked for."""
    log = tmp_path / "calls"
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {log}\n[ "$2" != is-enabled ] || echo enabled\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return log


def unit_and_settings(folder: Path) -> tuple[Path, Path]:
    return folder / "systemd" / "user" / "scrobbles.service", folder / "scrobble-stream" / "service.env"


def test_what_is_installed_runs_up_with_the_settings_of_now_and_only_the_person_reads_them(
    here: Here, calls: Path, tmp_path: Path
) -> None:
    done = here.run("service", "install", "--workers", "3", SCROBBLES_DATABASE_URL=URL)
    assert (done.code, done.output) == (0, ""), done.errors
    assert "loginctl enable-linger" in done.errors
    unit, settings = unit_and_settings(tmp_path)
    assert f"ExecStart=/usr/bin/env {sys.executable} -m cli up --workers 3\n" in unit.read_text()
    assert URL not in unit.read_text() + done.errors
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    lines = settings.read_text().splitlines()
    assert f'SCROBBLES_DATABASE_URL="{URL}"' in lines
    assert f'SCROBBLES_DATA="{tmp_path}"' in lines
    assert calls.read_text().splitlines() == [
        "--user show-environment",
        "--user daemon-reload",
        "--user enable scrobbles.service",
    ]
    assert here.run("service", "status").code == 0


@pytest.mark.usefixtures("calls")
def test_to_install_it_again_changes_what_has_changed_and_to_remove_it_twice_is_fine(
    here: Here, tmp_path: Path
) -> None:
    assert "installed: " in here.run("service", "install").errors
    assert "installed already: " in here.run("service", "install").errors
    assert "installed: " in here.run("service", "install", "--workers", "1").errors
    assert "uninstalled" in here.run("service", "uninstall").errors
    assert not any(path.exists() for path in unit_and_settings(tmp_path))
    again = here.run("service", "uninstall")
    assert (again.code, again.errors) == (0, "no service is installed\n")
    assert here.run("service", "status").code == 1


def test_to_print_it_changes_nothing(here: Here, calls: Path, tmp_path: Path) -> None:
    done = here.run("service", "install", "--print", SCROBBLES_DATABASE_URL=URL)
    assert done.code == 0
    assert done.output.startswith("[Unit]\n")
    assert "secret" not in done.output
    assert not calls.exists()
    assert not any(path.exists() for path in unit_and_settings(tmp_path))


def test_without_systemd_nothing_is_written_and_another_way_is_told(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = here.run("service", "install")
    assert (done.code, done.output) == (78, "")
    assert "systemd does not run here" in done.errors
    assert f"@reboot SCROBBLES_DATA={tmp_path}" in done.errors
    assert not any(path.exists() for path in unit_and_settings(tmp_path))


@pytest.mark.parametrize("odd", ["plain", "with blank", "50%h", 'a"b', "a\\b", "$HOME", "ünï"])
def test_systemd_reads_odd_names_as_they_are(odd: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / odd / "python"
    program.parent.mkdir()
    program.symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    text = service.unit(tmp_path / odd, 2)
    parser = ConfigParser(interpolation=None, allow_no_value=True)
    parser.read_string(text)
    assert parser["Service"]["ExecStart"].endswith(" -m cli up --workers 2")
    path = tmp_path / "scrobbles.service"
    path.write_text(text)
    if shutil.which("systemd-analyze"):
        command = ["systemd-analyze", "verify", str(path)]
        verified = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (verified.returncode, verified.stderr) == (0, "")


@pytest.mark.parametrize("text", ["plain", 'a"b', "a\\b", "a`b", "two\nlines", "$HOME", "x y"])
def test_settings_are_read_back_as_they_were(text: str, tmp_path: Path) -> None:
    written = service.settings_file(tmp_path, {"SCROBBLES_DATABASE_URL": text, "OTHER": "x", "TZ": "UTC"})
    assert "OTHER" not in written
    line = written.partition("SCROBBLES_DATABASE_URL=")[2].partition("\nTZ=")[0]
    # As systemd reads it: a backslash stands before each of these four.
    assert line[0] == line[-1] == '"'
    unquoted = line[1:-1]
    for each in '"`$':
        unquoted = unquoted.replace(f"\\{each}", each)
    assert unquoted.replace("\\\\", "\\") == text


def test_files_that_settings_name_are_named_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written = service.settings_file(tmp_path, {"SCROBBLES_CONFIG": "c.toml", "SCROBBLES_DATABASE_URL_FILE": "url"})
    assert f'SCROBBLES_CONFIG="{tmp_path}/c.toml"' in written
    assert f'SCROBBLES_DATABASE_URL_FILE="{tmp_path}/url"' in written

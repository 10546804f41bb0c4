"""What `make install` says while it works."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout that lacks only Python packages."""
    for name in ("java", "mvn", "initdb"):  # so that nothing is lacking, and nothing is installed
        program(tmp_path / name, "")
    for name in ("grep", "env"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / "requirements.lock").write_text("package==1\n    --hash=x\n" * PACKAGES)
    return tmp_path


def install(folder: Path, pip: str) -> "subprocess.CompletedProcess[str]":
    program(folder / ".venv" / "bin" / "python", pip)
    return subprocess.run(
        ["/bin/sh", ROOT / "deploy" / "install.sh", "python3"],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": str(folder)},
    )


def test_install_says_what_it_does_and_how_far_it_is(folder: Path) -> None:
    done = install(
        folder,
        "\n".join(
            [
                "echo Looking in an index",
                *["echo Collecting package==1"] * PACKAGES,
                "echo Installing collected packages: a, b",
            ]
        ),
    )
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        f"installing {PACKAGES} Python packages into .venv; this may take half a minute",
        *(f"Python packages: {share} %" for share in (25, 50, 75, 100)),
        "Python packages: unpacking",
    ]


def test_an_install_that_fails_says_why_and_ends_with_a_failure(folder: Path) -> None:
    done = install(
        folder, "case $* in *--quiet*) exit 0;; esac; echo Collecting package==1; echo no network >&2; exit 1"
    )
    assert done.returncode == 1
    assert done.stderr.endswith("no network\n")


def program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)

"""What is shipped works: the wheel alone, installed elsewhere, far from the checkout."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from schemas.settings import Settings
from tests.cli.commands import Commands, environment_of
from tests.cli.malojas import row, write

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheel_holds_every_file_that_is_no_python(wheel: Path) -> None:
    shipped = set(zipfile.ZipFile(wheel).namelist())
    packages = ("schemas", "producers", "consumers", "sql", "cli", "deploy")
    listed = subprocess.run(
        ["git", "ls-files", *packages], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    assert any(name.endswith(".sql") for name in listed)
    assert {name for name in listed if (ROOT / name).exists()} <= shipped


def test_an_import_runs_from_the_wheel_alone(
    wheel: Path, tmp_path: Path, commands: Commands, cluster: Settings
) -> None:
    installed = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(installed), str(wheel)], check=True, timeout=120)
    worker = commands.worker(PYTHONPATH=str(installed))
    # -P keeps the folder it is called from off the path; what is installed comes before the editable checkout.
    program = [sys.executable, "-P", "-c", "import cli, sys; print(cli.__file__); sys.argv[0] = 'scrobbles';"]
    program[-1] += "from cli.main import main; main()"
    environment = environment_of(cluster, tmp_path) | {"PYTHONPATH": str(installed)}
    done = subprocess.run(
        [*program, "import", write(tmp_path, "x.json", row(1), row(2)), "--json"],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    where, report = done.stdout.split("\n", 1)
    assert where == str(installed / "cli" / "__init__.py")
    assert '"inserted": 2' in report
    worker.require_alive()


def test_every_dependency_is_locked_by_hash_and_comes_from_the_index() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert len(entries) > 30
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry
    assert "://" not in lock
    assert "--" not in re.sub(r"--hash=", "", lock)

"""What `make install` says while it works."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_install_says_what_it_does_before_it_is_silent_for_half_a_minute(tmp_path: Path) -> None:
    for name in ("java", "mvn", "initdb"):  # so that nothing is lacking, and nothing is installed
        program(tmp_path / name, "")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    program(tmp_path / ".venv" / "bin" / "python", "echo pip >&2\n")
    done = subprocess.run(
        ["/bin/sh", ROOT / "deploy" / "install.sh", "python3"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
    )
    assert done.stdout == ""
    assert done.stderr == "installing what is missing into .venv; this may take half a minute\npip\npip\n"


def program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}")
    path.chmod(0o755)

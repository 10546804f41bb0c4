import os
from pathlib import Path

import pytest

from bench.children import Child
from schemas.errors import Fault


def start(code: str, tmp_path: Path, name: str) -> Child:
    # `python -m` runs a module of the folder it is started with.
    (tmp_path / f"{name}.py").write_text(code)
    return Child([name], {**os.environ, "PYTHONPATH": str(tmp_path)}, tmp_path / "log")


def test_what_a_process_printed_and_used_is_told(tmp_path: Path) -> None:
    ended = start("data = bytearray(200_000_000); print('done')", tmp_path, "greedy").wait()
    assert ended.output == b"done\n"
    assert ended.peak_mb > 200
    assert ended.cpu_seconds > 0
    assert ended.seconds > 0


def test_one_that_fails_is_a_fault_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        start("raise SystemExit('no such luck')", tmp_path, "failing").wait()
    assert caught.value.message == "failing ended with exit code 1"
    assert "no such luck" in caught.value.hint


def test_nobody_waits_for_ever_beside_one_that_has_failed(tmp_path: Path) -> None:
    patient = start("import time; time.sleep(60)", tmp_path, "patient")
    try:
        with pytest.raises(Fault, match="failing ended with exit code 1"):
            patient.wait_beside([start("raise SystemExit(1)", tmp_path, "failing")])
    finally:
        patient.discard()

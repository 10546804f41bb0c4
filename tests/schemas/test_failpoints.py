"""Fail-points are off unless they are set, strike once, and cannot be misspelt."""

import time
from collections.abc import Iterator

import pytest

from schemas import failpoints
from schemas.errors import ConfigurationFault
from schemas.failpoints import VARIABLE, FailpointError, arm, reach
from tests.cli.commands import Commands


@pytest.fixture(autouse=True)
def off_afterwards() -> Iterator[None]:
    yield
    arm({})


def test_nothing_happens_unless_it_is_asked_for() -> None:
    arm({})
    assert not reach("copied")
    arm({VARIABLE: "copied:raise"})
    assert not reach("moved")
    arm({VARIABLE: ""})
    assert not reach("copied")


def test_it_strikes_at_the_pass_that_was_named_and_only_then(caplog: pytest.LogCaptureFixture) -> None:
    arm({VARIABLE: "taken:drop:3"})
    assert [reach("taken") for _ in range(5)] == [False, False, True, False, False]
    assert [record.getMessage() for record in caplog.records] == [
        "fail-point taken:drop:3 is set: this process will fail on purpose",
        "fail-point taken reached: drop",
    ]


def test_raise_raises() -> None:
    arm({VARIABLE: "copied:raise"})
    with pytest.raises(FailpointError, match="copied"):
        reach("copied")


def test_sleep_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    arm({VARIABLE: "copied:sleep"})
    assert not reach("copied")
    assert slept == [failpoints.SLEEP_SECONDS]


@pytest.mark.parametrize(
    "text", ["copied", "copied:", "copid:kill", "copied:explode", "copied:kill:x", "copied:kill:-1"]
)
def test_a_misspelt_one_is_an_error(text: str) -> None:
    with pytest.raises(ConfigurationFault, match="names no fail-point"):
        arm({VARIABLE: text})


def test_a_command_with_a_misspelt_one_does_not_start(commands: Commands) -> None:
    said = commands.run("config", "show", SCROBBLES_FAILPOINT="copid:kill")
    assert said.code == 78
    assert "names no fail-point" in said.errors

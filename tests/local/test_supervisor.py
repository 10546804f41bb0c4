"""Which ends of a worker are the last one, and what is told of each."""

from pathlib import Path

import pytest

from deploy.local.last_words import LastWords, end_of, last_words
from deploy.local.logs import LOG_BYTES, shorten
from deploy.local.supervisor import Wanted, is_retried


@pytest.mark.parametrize("code", [-15, -11, -9, 1, 69, 70])
def test_what_a_new_start_may_help_is_started_again(code: int) -> None:
    assert is_retried(code)


@pytest.mark.parametrize("code", [0, 2, 65, 77, 78])
def test_what_a_person_must_mend_is_not(code: int) -> None:
    assert not is_retried(code)


def test_a_worker_serves_its_metrics_at_the_port_of_its_number_where_one_is_set() -> None:
    fixed, free = (Wanted(3, "1", "servers", "127.0.0.1", port) for port in (9_400, 0))
    assert [fixed.port_of(name, 5_000) for name in fixed.names()] == [9_400, 9_401, 9_402]
    assert 0 < free.port_of("consumer-2", 0) != 9_401


@pytest.mark.parametrize(
    ("code", "log", "words"),
    [
        (-9, "anything", LastWords("killed by SIGKILL")),
        (0, "anything", LastWords("it was asked to stop", event="stopped")),
        (70, "", LastWords("it said nothing")),
        (
            65,
            "2024 [error    ] offset_gone          exit_code=65 hint='do this'\nscrobbles: it is gone\n  do this\n",
            LastWords("it is gone", "do this", "offset_gone"),
        ),
        (78, "2024 [info     ] started   lane=all\nscrobbles: no setting\n", LastWords("no setting")),
        (
            78,
            'x\n{"event":"schema_wrong","exit_code":78,"reason":"no table","hint":"migrate"}\n',
            LastWords("no table", "migrate", "schema_wrong"),
        ),
        (
            70,
            '{"event":"waiting","reason":"not this"}\n{"event":"bug","exit_code":70,"reason":"this"}\n[1]\n',
            LastWords("this", event="bug"),
        ),
    ],
)
def test_the_last_words_tell_why_and_what_leads_on(code: int, log: str, words: LastWords) -> None:
    assert last_words(code, log) == words


@pytest.mark.parametrize(
    ("before", "written"),
    [
        (b"an earlier start\n", b"scrobbles: it is gone\n"),
        (b"", b"[debug]\n" * 1_000_000 + b"scrobbles: it is gone\n"),
    ],
)
def test_the_end_of_a_log_is_read_from_its_last_start_on_and_never_more_than_is_needed(
    tmp_path: Path, before: bytes, written: bytes
) -> None:
    log = tmp_path / "worker.log"
    log.write_bytes(before + written)
    assert end_of(log, len(before)) == written[-65_536:].decode()


def test_of_a_log_that_was_cut_what_is_left_is_read(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_bytes(b"scrobbles: it is gone\n")
    assert last_words(65, end_of(log, 10_000)).sentence == "it is gone"


def test_a_log_that_cannot_be_kept_is_emptied_and_ends_nothing(tmp_path: Path) -> None:
    for name in ("first.log", "second.log"):
        (tmp_path / name).write_bytes(b"a line\n" * LOG_BYTES)
        (tmp_path / f"{name}.1").mkdir()  # as a full disk would, this refuses what is written
    shorten(tmp_path)
    assert [(tmp_path / name).read_bytes() for name in ("first.log", "second.log")] == [b"", b""]


def test_a_log_that_has_grown_is_shortened_and_who_writes_to_it_goes_on(tmp_path: Path) -> None:
    line = b"x" * 98 + b"\n"
    (tmp_path / "small.log").write_bytes(line)
    with (tmp_path / "grown.log").open("ab", buffering=0) as written:
        for late in (b"late\n", b"later\n"):
            written.write(line * (LOG_BYTES // len(line) + 1_000))
            shorten(tmp_path)
            written.write(late)
            assert (tmp_path / "grown.log").read_bytes() == late
            older = (tmp_path / "grown.log.1").read_bytes()
            assert set(older.splitlines(keepends=True)) == {line}
            assert LOG_BYTES - len(line) <= len(older) <= LOG_BYTES
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grown.log", "grown.log.1", "small.log"]
    assert (tmp_path / "small.log").read_bytes() == line

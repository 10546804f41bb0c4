"""What is remembered of the names that keep coming back, and what is not."""

import pytest

from producers.memory import _EVERY, _MOST, remembered


def test_what_keeps_coming_is_made_a_few_times_and_comes_out_the_same() -> None:
    made: list[tuple[str, int]] = []

    @remembered
    def make(name: str, number: int) -> str:
        made.append((name, number))
        return f"{name} {number}"

    assert {make("a", 1) for _ in range(1_000)} == {"a 1"}
    assert len(made) == _EVERY
    assert make("a", 2) == "a 2"


def test_what_is_raised_is_raised_again() -> None:
    @remembered
    def make(number: int) -> int:
        return 1 // number

    for _ in range(2 * _EVERY):
        with pytest.raises(ZeroDivisionError):
            make(0)


def test_a_library_that_never_repeats_itself_does_not_fill_the_memory() -> None:
    alive: set[int] = set()

    class Made:
        def __init__(self, number: int) -> None:
            self.number = number
            alive.add(number)

        def __del__(self) -> None:
            alive.discard(self.number)

    make = remembered(Made)
    assert all(make(number).number == number for number in range(3 * _EVERY * _MOST))
    assert len(alive) <= _MOST

"""What is remembered of the names that keep coming back, and what is not."""

import pytest

from producers.memory import _BITS, _MOST, remembered


def test_what_keeps_coming_is_made_once_and_comes_out_the_same() -> None:
    made: list[tuple[str, int]] = []

    @remembered
    def make(name: str, number: int) -> str:
        made.append((name, number))
        return f"{name} {number}"

    assert {make("a", 1) for _ in range(1_000)} == {"a 1"}
    assert made == [("a", 1)]
    assert make("a", 2) == "a 2"


def test_what_is_raised_is_raised_again() -> None:
    @remembered
    def make(number: int) -> int:
        return 1 // number

    for _ in range(2):
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
    assert all(make(number).number == number for number in range(3 * 2**_BITS * _MOST))
    assert len(alive) <= _MOST


def test_a_library_that_repeats_little_keeps_what_comes_often() -> None:
    made: list[int] = []

    def make(number: int) -> int:
        made.append(number)
        return number

    kept = remembered(make)
    for number in range(1, 10 * _MOST):
        kept(number)
        kept(-1 - number % 10)
    # All ten are new again each time it was full: made anew a few times for each of the few times that it was.
    assert sum(number < 0 for number in made) < 10 * 10 * 2**_BITS

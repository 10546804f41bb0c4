import pytest

from bench.figures import PER_SECOND, Figure, compared


@pytest.mark.parametrize(("value", "good"), [(50_000, True), (49_000, False)])
def test_a_throughput_is_judged_by_its_share_of_the_ceiling(value: float, good: bool) -> None:
    row = compared(Figure("experiment", "cold", value, PER_SECOND, share_target=0.5), ceiling=100_000)
    assert row.share == value / 100_000
    assert row.good is good


@pytest.mark.parametrize(("value", "good"), [(2.0, True), (2.1, False)])
def test_anything_else_is_judged_by_its_bound(value: float, good: bool) -> None:
    row = compared(Figure("experiment", "import", value, "s", at_most=2.0), ceiling=100_000)
    assert row.share is None
    assert row.good is good


def test_without_a_target_there_is_no_judgement() -> None:
    assert compared(Figure("experiment", "cold", 1, PER_SECOND), ceiling=2).good is None
    assert compared(Figure("experiment", "memory", 1, "MB"), ceiling=2).good is None

"""The tables of guards and faults say what is there: texts that can still be replaced, tests that still exist."""

import ast

import pytest

from tests.faults.catalogue import FAULTS, PAGE, page
from tests.faults.guards import MUTATIONS, ROOT, Mutation

NAMED = sorted({test for tests in [one.tests for one in MUTATIONS] + [one.tests for one in FAULTS] for test in tests})


@pytest.mark.parametrize("one", MUTATIONS, ids=lambda one: one.guard)
def test_a_guard_can_be_removed(one: Mutation) -> None:
    text = (ROOT / one.file).read_text("utf-8")
    assert text.count(one.before) == 1
    assert one.before != one.after
    assert one.tests
    if one.file.endswith(".py"):
        ast.parse(text.replace(one.before, one.after))


@pytest.mark.parametrize("test", NAMED)
def test_a_test_that_is_named_exists(test: str) -> None:
    file, _, name = test.partition("::")
    assert f"def {name.partition('[')[0].rpartition('::')[2]}(" in (ROOT / file).read_text("utf-8")


def test_every_fault_is_caused_or_says_why_not() -> None:
    assert [one.number for one in FAULTS] == sorted({one.number for one in FAULTS})
    assert all(one.tests or one.note for one in FAULTS)


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.faults.catalogue"

from decimal import Decimal

import pytest

from producers.exports.opened import Rules
from producers.exports.rows import Refused, clean, epoch_seconds, iso_epoch, milliseconds, names_of, truth, within
from schemas.listen import EARLIEST, MAX_MS

LATEST = 1_800_000_000
RULES = Rules(LATEST)
SECOND = 1_700_000_000


@pytest.mark.parametrize(
    "value",
    [
        SECOND,
        float(SECOND),
        SECOND + 0.75,
        Decimal(SECOND),
        str(SECOND),
        f" {SECOND} ",
        SECOND * 10**3,
        SECOND * 10**3 + 999,
        f"{SECOND * 10**3}",
        SECOND * 10**6,
        SECOND * 10**9,
        str(SECOND * 10**9),
        f"{SECOND}.0",
        f"{SECOND}.",
        f"{SECOND}.000000",
        f"{SECOND}.5",
        f"{SECOND}000.75",
        "2023-11-14T22:13:20Z",
        "2023-11-14 22:13:20",
        "2023-11-14 22:13:20 UTC",
        " 2023-11-14 22:13:20 utc ",
        "2023-11-14 22:13:20Z",
        "2023-11-14 22:13:20 Z",
        "2023-11-14 22:13:20.999 UTC",
        "2023-11-14 22:13:20,5 GMT",
        "2023-11-14 22:13:20+00",
        "2023-11-14 22:13:20.123456789+00:00",
        "2023-11-14 23:13:20 +0100",
        "2023-11-14t20:13:20 -02:00",
    ],
)
def test_a_time_is_understood_in_every_unit_and_spelling(value: object) -> None:
    assert epoch_seconds(value, RULES) == iso_epoch(value) == SECOND


@pytest.mark.parametrize("value", ["1700101112345", "1700101112345.6"])
def test_milliseconds_are_no_date_of_another_century(value: str) -> None:
    assert epoch_seconds(value, RULES) == iso_epoch(value) == 1_700_101_112


def test_the_bounds_themselves_are_allowed() -> None:
    assert epoch_seconds(EARLIEST, RULES) == EARLIEST
    assert epoch_seconds(LATEST, RULES) == LATEST


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "bad_time"),
        (True, "bad_time"),
        (-1, "bad_time"),
        (-SECOND, "bad_time"),
        (float("nan"), "bad_time"),
        (float("inf"), "bad_time"),
        (Decimal("1e999999999"), "bad_time"),
        (10**30, "bad_time"),
        ("", "bad_time"),
        ("-1700000000", "bad_time"),
        ("2023-11-14", "bad_time"),
        ("2023-02-30 22:13:20 UTC", "bad_time"),
        ("2023-11-14 22:13:60 UTC", "bad_time"),
        ("2023-11-14 22:13:20 CET", "bad_time"),
        ("2023-11-14 22:13:20 +9900", "bad_time"),
        ("1.7e9", "bad_time"),
        ("١٧٠٠٠٠٠٠٠٠", "bad_time"),
        ("9" * 5_000, "bad_time"),
        ([SECOND], "bad_time"),
        (0, "too_early"),
        ("0", "too_early"),
        (EARLIEST - 1, "too_early"),
        (LATEST + 1, "too_late"),
        (2**63, "too_late"),
        ((LATEST + 1) * 1_000, "too_late"),
    ],
)
def test_any_other_time_is_refused_with_its_reason(value: object, reason: str) -> None:
    for told in (epoch_seconds, lambda value, rules: within(iso_epoch(value), rules)):
        with pytest.raises(Refused) as refused:
            told(value, RULES)
        assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (201, 1_000, 201_000),
        (201.4, 1_000, 201_400),
        ("201", 1_000, 201_000),
        ("201.4", 1_000, 201_400),
        (187_000, 1, 187_000),
        ("187000", 1, 187_000),
        ("187000.0", 1, 187_000),
        (187_000.0, 1, 187_000),
        (187_000.6, 1, 187_001),
        (Decimal("0.5"), 1_000, 500),
        (MAX_MS, 1, MAX_MS),
        (0.2, 1, None),
        (MAX_MS + 1, 1, None),
        (MAX_MS, 1_000, None),
        (1e300, 1_000, None),
        (0, 1, None),
        (-5, 1, None),
        (None, 1, None),
        (True, 1, None),
        (float("nan"), 1, None),
        ("", 1, None),
        ("3:21", 1, None),
        ({}, 1, None),
    ],
)
def test_a_length_is_milliseconds_or_nothing(value: object, unit: int, expected: int | None) -> None:
    assert milliseconds(value, unit) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  Band\t", "Band"),
        ("Ba\0nd", "Band"),
        ("Ba\ud800nd", "Band"),
        ("\0 Band \udfff", "Band"),
        ("!!!", "!!!"),
        ("null", "null"),
        ("مِثال\u200f", "مِثال\u200f"),
        ("\u3000", ""),
        ("\u200b\u200d", ""),
        ("\ufe0f", ""),
        ("\0", ""),
        ("", ""),
        (None, ""),
        ([], ""),
        ({}, ""),
        ("\ufeff", ""),
        ("\ufeffBand", "Band"),
        ("Ba\ufeffnd \ufeff", "Band"),
        ("Tie\u0301ra", "Ti\u00e9ra"),
        ("\u1112\u1161\u11ab", "\ud55c"),
        ("e\u0301" * 1_000, "\u00e9" * 1_000),
        (311, "311"),
        (0, "0"),
        (1979.0, "1979"),
        (4.44, "4.44"),
    ],
)
def test_a_name_is_kept_as_written_but_for_what_no_database_stores(value: object, expected: str) -> None:
    assert clean(value) == expected


def test_a_name_has_a_largest_length() -> None:
    assert clean("x" * 1_000) == "x" * 1_000
    for name in ("x" * 1_001, "é" * 1_001, "e\u0301" * 1_001, "a" + "\u0301\u0323" * 500_000):
        with pytest.raises(Refused, match="too_long"):
            clean(name)


@pytest.mark.parametrize("value", ["Ti\ufffdra", True, False, ["A"], {"name": "A"}, float("inf"), float("nan")])
def test_what_is_no_name_or_lost_letters_is_refused(value: object) -> None:
    with pytest.raises(Refused, match="malformed_row"):
        clean(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["A", "B"], ("A", "B")),
        ("A", ("A",)),
        ([{"name": "A"}, "B", {"name": 311}, 1979, None, {}, ""], ("A", "B", "311", "1979")),
        (None, ()),
        ([], ()),
    ],
)
def test_names_come_in_a_list_as_objects_or_alone(value: object, expected: tuple[str, ...]) -> None:
    assert names_of(value) == expected


@pytest.mark.parametrize("value", [True, [["A"]], [True], [{"name": ["A"]}]])
def test_a_list_with_what_is_no_name_is_refused(value: object) -> None:
    with pytest.raises(Refused, match="malformed_row"):
        names_of(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        (None, False),
        ("true", True),
        (" FALSE ", False),
        ("False", False),
        (1, True),
        (0, False),
        ("0", False),
        ("", False),
    ],
)
def test_a_boolean_may_be_text(value: object, expected: object) -> None:
    assert truth(value) is expected


@pytest.mark.parametrize("value", ["maybe", "yes?", 2, 1.5, [], {}, [True]])
def test_what_is_neither_true_nor_false_is_refused(value: object) -> None:
    with pytest.raises(Refused, match="malformed_row"):
        truth(value)

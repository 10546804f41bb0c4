import pytest

from producers.exports.credits import credited


@pytest.mark.parametrize(
    ("names", "title", "expected"),
    [
        (["A"], "T", ("A",)),
        (["A", "B"], "T", ("A", "B")),
        ([" A ", "", "a", "Ａ"], "T", ("A",)),
        ([], "T (feat. X)", ("X",)),
        # What joins artists, and what does not.
        (["A • B • C", "B"], "T", ("A", "B", "C")),
        (["A · B"], "T", ("A", "B")),
        (["A•B", "C·D"], "T", ("A•B", "C·D")),
        (["Simon & Garfunkel"], "T", ("Simon & Garfunkel",)),
        (["Earth, Wind & Fire"], "T", ("Earth, Wind & Fire",)),
        (["AC/DC"], "T", ("AC/DC",)),
        (["A; B"], "T", ("A; B",)),
        (["A vs. B"], "T", ("A vs. B",)),
        (["Florence and the Machine"], "T", ("Florence and the Machine",)),
        # Guests, in the name and in the title.
        (["A feat. B"], "T", ("A", "B")),
        (["A FEAT. B"], "T", ("A", "B")),
        (["A (ft. B)"], "T", ("A", "B")),
        (["A [feat B]"], "T", ("A", "B")),
        (["A featuring B"], "T", ("A", "B")),
        (["A feat.B"], "T", ("A", "B")),
        (["A feat. B feat. C"], "T", ("A", "B", "C")),
        (["A & B feat. C"], "T", ("A & B", "C")),
        (["A"], "T (feat. X)", ("A", "X")),
        (["A"], "T [ft. X]", ("A", "X")),
        (["A"], "T feat. X", ("A", "X")),
        (["A"], "T (Feat. X, Y & Z and W)", ("A", "X", "Y", "Z", "W")),
        (["A feat. X"], "T (feat. X)", ("A", "X")),
        (["A", "X"], "T (feat. x)", ("A", "X")),
        (["A"], "T (feat. A)", ("A",)),
        # Word boundaries.
        (["A"], "T (feat. Brandy)", ("A", "Brandy")),
        (["A"], "T (feat. Andy & Sandy)", ("A", "Andy", "Sandy")),
        (["A"], "Six ft Deep", ("A",)),
        (["A"], "A Feat of Arms", ("A",)),
        (["A"], "Defeat. Again", ("A",)),
        (["A"], "Little Feat", ("A",)),
        (["A"], "Feat. X", ("A",)),
        (["A"], "(feat. X)", ("A",)),
        (["A"], "T (feat. )", ("A",)),
        (["A"], "T (Live)", ("A",)),
        (["A"], "T (feat. X) (Live)", ("A",)),
        (["A"], "T (feat. X", ("A",)),
    ],
)
def test_who_is_credited(names: list[str], title: str, expected: tuple[str, ...]) -> None:
    assert credited(names, title) == expected


def test_a_crowd_is_cut_at_a_hundred() -> None:
    assert len(credited([f"Singer {n}" for n in range(150)])) == 100


def test_a_hostile_name_takes_no_time() -> None:
    assert len(credited([" feat." * 160 + "("])) == 1
    assert credited(["(" * 900], "[ft. " * 190) == ("(" * 900,)

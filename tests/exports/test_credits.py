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
        # Behind the guests of a title there may be more of the title; in a name, nobody knows whose it is.
        (["A"], "T (feat. X) (Live)", ("A", "X")),
        (["A"], "T (feat. X & Y) [Remix]", ("A", "X", "Y")),
        (["A"], "T [ft. X] - Remastered 2011", ("A", "X")),
        (["A"], "T feat. X (Live)", ("A", "X")),
        (["A"], "T feat. X - Remastered 2011", ("A", "X")),
        (["A"], "T feat. Jay-Z", ("A", "Jay-Z")),
        (["A"], "T (feat. X) (feat. Y)", ("A", "X", "Y")),
        (["A"], "T feat. X feat. Y", ("A", "X", "Y")),
        (["A"], "T (Live) feat. X", ("A", "X")),
        (["A"], "T (prod. X feat. Y)", ("A",)),
        (["A (feat. B) & C"], "T", ("A (feat. B) & C",)),
        (["A feat. B (Live)"], "T", ("A feat. B (Live)",)),
        # "and" and "&" between guests only as words of their own.
        (["A feat. Sandy and Brandy, Andrew&Co & X"], "T", ("A", "Sandy", "Brandy", "Andrew&Co", "X")),
        (["A", "B & C"], "T (feat. D)", ("A", "B & C", "D")),
        (["A feat. B • C"], "T", ("A", "C", "B")),
        (["A ft B"], "T", ("A ft B",)),
        (["A"], "T (with X)", ("A",)),
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
    assert credited(["A"], "T feat. " + "a " * 490 + "(") == ("A", "a " * 489 + "a")
    assert credited(["A"], " feat. x" * 200_000) == ("A",)

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.identity import SEPARATOR, album_id, artist_id, lookup_key, normalise, spelling_rank, track_id
from schemas.listen import Track

any_text = st.text(st.characters(codec=None), max_size=30)


@pytest.mark.parametrize(
    ("spellings", "expected"),
    [
        (("Beyonce\u0301", "Beyoncé", "BEYONCÉ"), "beyoncé"),
        (("Beyonce",), "beyonce"),
        (("ＹＯＡＳＯＢＩ", "YOASOBI"), "yoasobi"),
        (("ﾖﾙｼｶ", "ヨルシカ"), "ヨルシカ"),
        (("が",), "が"),
        (("か",), "か"),
        (("Don´t", "Don’t", "Don't", "Don`t", "Don‘t", "Donʼt", "Don′t"), "don't"),
        (("“A”", "„A″", '"A"'), '"a"'),
        (("Anne‐Marie", "Anne-Marie", "Anne–Marie", "Anne—Marie", "Anne−Marie", "Anne﹘Marie"), "anne-marie"),
        (("STRASSE", "Straße", "STRAẞE"), "strasse"),
        (("İstanbul",), "i\u0307stanbul"),
        (("Istanbul",), "istanbul"),
        (("ısparta",), "ısparta"),
        (("ΣΊΣΥΦΟΣ", "Σίσυφος"), "σίσυφοσ"),
        (("LiSA", "LISA"), "lisa"),
        (("…And Justice", "...And Justice"), "...and justice"),
        (("x²", "x2"), "x2"),
        (("GO〜GO", "GO～GO", "GO~GO"), "go~go"),
        (("!!!",), "!!!"),
        (("+/-",), "+/-"),
        (("÷",), "÷"),
        (("\u200b", "\u3000", "\0", "\ufe0f", "\ud800", " \t\n", ""), ""),
        (("❤\ufe0f", "❤\ufe0e", "❤"), "❤"),
        (("a\u200db", "a\u00adb", "a\u200fb", "ab"), "ab"),
        (("a\u3000b", "a \t b", " a\u00a0b ", "a  b", " a b "), "a b"),
        (("ü b", "Ü  b", " Ü b "), "ü b"),
    ],
)
def test_spellings_that_are_one_name(spellings: tuple[str, ...], expected: str) -> None:
    assert {normalise(spelling) for spelling in spellings} == {expected}


@given(any_text)
def test_normalising_again_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def _by_every_rule(text: str) -> str:
    """Typographic signs made plain, what nobody sees dropped, NFKC and case folded, and blanks made single."""
    plain = str.maketrans("‘’ʼ′´`“”„″‐‑‒–—―−〜", "''''''\"\"\"\"-------~", "\ufe0e\ufe0f")
    seen = "".join(
        sign for sign in text.translate(plain) if sign.isspace() or unicodedata.category(sign) not in {"Cc", "Cf", "Cs"}
    )
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return " ".join(folded.translate(plain).split())


_SIGNS = st.one_of(st.sampled_from("aB \t`´’″\u2011〜\ufe0f\ufe58\u0301ﬁİΣ\u00a0\u3000\x1f"), st.characters(codec=None))


@settings(max_examples=2_000)
@given(st.text(_SIGNS, max_size=8))
def test_the_short_ways_through_the_rules_change_nothing(text: str) -> None:
    assert normalise(text) == _by_every_rule(text)


@given(any_text)
def test_no_control_format_or_surrogate_character_survives(text: str) -> None:
    found = normalise(text)
    assert not {unicodedata.category(character) for character in found} & {"Cc", "Cf", "Cs"}
    assert SEPARATOR not in found
    assert found.encode().decode() == found


def test_every_single_character_normalises_to_what_stays() -> None:
    for code in range(0x11_0000):
        found = normalise(chr(code))
        assert normalise(found) == found, hex(code)
        assert normalise(f"e{chr(code)}\u0301") == _by_every_rule(f"e{chr(code)}\u0301"), hex(code)


name = st.text(st.characters(codec=None), min_size=1, max_size=8)
forged = st.text(st.sampled_from(["a", "b", SEPARATOR, "\0", "\n", "/", "\\"]), min_size=1, max_size=6)


@given(
    *[st.tuples(either, either, st.one_of(st.none(), either)) for either in (st.one_of(name, forged),) for _ in "ab"]
)
def test_different_parts_have_different_keys_whatever_separators_they_hold(
    one: tuple[str, str, str | None], other: tuple[str, str, str | None]
) -> None:
    def parts(track: tuple[str, str, str | None]) -> list[str]:
        return [normalise(part or "") for part in track]

    def key(track: tuple[str, str, str | None]) -> bytes:
        return lookup_key(Track((track[0],), track[1], track[2]))

    assert (key(one) == key(other)) is (parts(one) == parts(other))


def test_the_parts_of_a_key_cannot_be_moved() -> None:
    assert lookup_key(Track(("AC/DC",), "T.N.T.")) != lookup_key(Track(("AC",), "DC/T.N.T."))
    assert lookup_key(Track(("a",), "b", "c")) == b"a\x1fb\x1fc"
    assert lookup_key(Track(("a",), "b")) == b"a\x1fb\x1f"


def test_ids_are_of_16_bytes_and_differ_by_kind() -> None:
    ids = [artist_id("a"), album_id("a", "l"), track_id("a", "l", ""), track_id("a", "t", "l"), album_id("a", "t")]
    assert [len(each) for each in ids] == [16] * 5
    assert len(set(ids)) == 5


def test_ids_never_change() -> None:
    # Rows in databases carry them: whoever changes one has lost the libraries of everybody.
    assert artist_id("beyoncé").hex() == "7f74080af41a2631ff316ea93551e41d"
    assert album_id("beyoncé", "lemonade").hex() == "0f40e5d1c6a5d1b2a7e4692448840875"
    assert track_id("beyoncé", "formation", "lemonade").hex() == "3de7c62c4b1a54888083adc4fd31f673"


@pytest.mark.parametrize(
    ("spelling", "rank"),
    [("Abba", 0), ("ABBA", 1), ("abba", 1), ("ヨルシカ", 0), ("1975", 0), ("!!!", 0), ("ABBA ヨ", 1), ("", 0)],
)
def test_mixed_case_is_shown_first(spelling: str, rank: int) -> None:
    assert spelling_rank(spelling) == rank

"""Who is credited: the artists of a row, from lists, joined names and "feat." in a name or a title.

Splitting too much is worse than too little, for a band torn apart cannot be found again. So " • " (Navidrome) and
" · " (YouTube Music) always split and the guests after "feat." do, but "&", ",", "/", ";" and "vs" elsewhere never.
"""

import re
from collections.abc import Iterable

from producers.exports.rows import clean
from schemas.identity import normalise
from schemas.listen import MAX_ARTISTS, NAME_CHARACTERS

_JOINED = re.compile(r"\s[•·]\s")
# Without a dot and without brackets only "featuring" is safe: "Six ft Deep" and "A Feat of Arms" are titles.
_FEATURING = re.compile(
    r"""(?P<main>.*\S)\s*
        (?: \( (?:(?:feat|ft)\.\s*|(?:feat|ft|featuring)\s+) (?P<round>[^()]+) \)
          | \[ (?:(?:feat|ft)\.\s*|(?:feat|ft|featuring)\s+) (?P<square>[^][]+) \]
          | \s (?:(?:feat|ft)\.\s*|featuring\s+)             (?P<bare>[^][()]+) )\s*""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
# A title stays as it is, so its guests may also stand before "(Live)", "[Remix]" or " - Remastered 2011".
_IN_TITLE = re.compile(
    r"""(?<=.)
        (?: [(\[] (?:(?:feat|ft)\.\s*|(?:feat|ft|featuring)\s+) (?P<bracketed>[^][()]+) [)\]]
          | \s (?:(?:feat|ft)\.\s*|featuring\s+) (?P<bare>[^][()]+?)
            (?= \s*$ | \s*[(\[] | \s+-\s | \s(?:feat|ft)\. | \sfeaturing\s ) )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_BETWEEN_GUESTS = re.compile(r"\s*,\s*|\s+&\s+|\s+and\s+", re.IGNORECASE)


def credited(names: Iterable[str], title: str = "") -> tuple[str, ...]:
    """Everyone credited, once each: the named artists in the order given, then the guests of names and title.

    Names are clean; spellings that normalise alike are one artist, the first one counts. At most MAX_ARTISTS, for a
    play is worth more than its hundred-and-first guest. Raises Refused("too_long").
    """
    names = tuple(names)
    if not names and not title:
        return ()
    if len(names) == 1 and not _may_credit_more(names[0]) and not _may_credit_more(title):
        return (only,) if (only := clean(names[0])) else ()
    artists: list[str] = []
    guests: list[str] = []
    for name in names:
        for part in _JOINED.split(name):
            main, invited = _without_guests(part)
            artists.append(main)
            guests.extend(invited)
    if len(title) <= NAME_CHARACTERS:  # else it is refused, and looking for guests would take long
        for found in _IN_TITLE.finditer(title):
            guests.extend(_BETWEEN_GUESTS.split(found["bracketed"] or found["bare"]))
    return _unique(artists + guests)


def is_joined(name: str) -> bool:
    """Whether one name credits several artists, so that it tells their order."""
    return len(credited([name])) > 1


def _may_credit_more(text: str) -> bool:
    """False for nearly every name, at a tenth of what the expressions cost."""
    if ("f" in text or "F" in text) and ("feat" in (small := text.lower()) or "ft" in small):
        return True
    return not text.isascii() and ("•" in text or "·" in text)


def _without_guests(text: str) -> tuple[str, list[str]]:
    guests: list[str] = []
    while found := _FEATURING.fullmatch(text):
        text = found["main"]
        guests[:0] = _BETWEEN_GUESTS.split(found["round"] or found["square"] or found["bare"])
    return text, guests


def _unique(names: list[str]) -> tuple[str, ...]:
    cleaned = [name for name in map(clean, names) if name]
    if len(cleaned) <= 1:
        return tuple(cleaned)
    by_identity: dict[str, str] = {}
    for name in cleaned:
        by_identity.setdefault(normalise(name), name)
    return tuple(by_identity.values())[:MAX_ARTISTS]

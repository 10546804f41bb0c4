"""How people are called."""

import unicodedata

from schemas.errors import UsageFault

MAX_NAME = 200
# What `--user` takes for the plays of all people.
EVERYONE = "all"
# Control characters, line separators, bytes that are no UTF-8; and marks that turn the direction of writing. Joiners
# stay: Persian and many emoji need them.
_REFUSED = {"Cc", "Zl", "Zp", "Cs"}
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def name_of(text: str) -> str:
    """The name that a person gets who is called so: composed (NFC), for keyboards differ. Raises UsageFault."""
    name = unicodedata.normalize("NFC", text)
    kinds = [unicodedata.category(character) for character in name]
    if not any(kind[0] not in "CZ" for kind in kinds):
        raise UsageFault("a person needs a name, of characters that can be seen")
    if _TURNING & {*name} or _REFUSED & {*kinds}:
        raise UsageFault("the name of a person may hold no control characters, nor bytes that are no UTF-8")
    if name == EVERYONE:
        raise UsageFault(f"nobody can be called {name}: as a name it stands for everyone", "choose another name")
    if len(name) > MAX_NAME:
        raise UsageFault(f"the name of a person may have {MAX_NAME} characters at most, not {len(name):,}")
    return name


def nobody(name: str) -> UsageFault:
    """For a name that nobody has."""
    return UsageFault(
        f"there is nobody called {name}", "`scrobbles user list` shows everyone; an import adds the person it is for"
    )

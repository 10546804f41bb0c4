"""Which spellings are the same artist, album or track.

`normalise` decides it, here and nowhere else: SQL `lower()` disagrees with it (dotted capital I, final sigma, sharp s)
and is never used for identity. Ids are digests of the normalised parts, so two workers that meet a new artist at the
same moment compute the same id and have nothing to race for. `person` of BLAKE2 keeps the kinds apart and carries
the version: whoever changes a rule below must raise it.

Control characters never survive normalising, so U+001F between the parts cannot be forged by a name.
"""

import re
import unicodedata
from hashlib import blake2b

from schemas.listen import Track

SEPARATOR = "\x1f"

# Before NFKC, which would turn the acute accent into a space and a combining mark, and leaves U+2010 and U+301C alone.
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’ʼ′´`", "'"),
        **dict.fromkeys("“”„″", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        "\u301c": "~",
        **dict.fromkeys("\ufe0e\ufe0f"),  # variation selectors: one and the same sign, as text or as a picture
    }
)
_may_be_plainer = re.compile("[" + "".join(map(chr, _PLAIN)) + "]").search
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})


def normalise(text: str) -> str:
    """The form of a name that identifies it; may be empty. Diacritics and punctuation stay: "!!!" is a band.

    Stable: normalising twice changes nothing. White space of any kind, tabs too, becomes single blanks.
    """
    # Most names need few of the rules, and all of them cost three times as much: each play has three names.
    if text.isascii():
        folded = text.lower()
        tidy = "`" not in text and text.isprintable()
    else:
        folded = _folded(text)
        # Whatever else could be plainer is seen behind NFKC too.
        tidy = "´" not in text and text.isprintable() and not _may_be_plainer(folded)
    if not tidy:
        return _by_every_rule(text)
    return " ".join(folded.split()) if "  " in folded else folded.strip()


def _by_every_rule(text: str) -> str:
    kept = text.translate(_PLAIN)
    if not kept.isprintable():  # else there is nothing to drop, and looking at each character is most of the cost
        kept = "".join(filter(_is_kept, kept))
    # Again, for NFKC itself makes typographic signs: the small em dash U+FE58 becomes U+2014.
    return " ".join(_folded(kept).translate(_PLAIN).split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _is_kept(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in _DROPPED_CATEGORIES


def lookup_key(track: Track) -> bytes:
    """The Kafka message key: normalised primary artist, title and album (empty if there is none), as UTF-8.

    It routes all plays of a track to one partition; it does not by itself make anything unique.
    """
    album = normalise(track.album) if track.album else ""
    return f"{normalise(track.artists[0])}{SEPARATOR}{normalise(track.title)}{SEPARATOR}{album}".encode()


def artist_id(artist: str) -> bytes:
    """16 bytes, from the normalised name."""
    return blake2b(artist.encode(), digest_size=16, person=b"artist/1").digest()


def album_id(artist: str, title: str) -> bytes:
    """16 bytes, from the normalised album artist and title."""
    return blake2b(f"{artist}{SEPARATOR}{title}".encode(), digest_size=16, person=b"album/1").digest()


def track_id(artist: str, title: str, album: str) -> bytes:
    """16 bytes, from the normalised primary artist, title and album ("" where there is none): its lookup key."""
    parts = f"{artist}{SEPARATOR}{title}{SEPARATOR}{album}"
    return blake2b(parts.encode(), digest_size=16, person=b"track/1").digest()


def spelling_rank(name: str) -> int:
    """0 for mixed case, 1 for all capitals or none: of two spellings the lower (rank, text) is shown.

    Only letters that have a case count: a Japanese or a purely numeric name ranks 0.
    """
    return int(name.isupper() or name.islower())

"""Which spellings are the same artist, album or track.

`normalise` decides it, here and nowhere else: SQL `lower()` disagrees with it (dotted capital I, final sigma, sharp s)
and is never used for identity. Ids are digests of the normalised parts, so two workers that meet a new artist at the
same moment compute the same id and have nothing to race for. `person` of BLAKE2 keeps the kinds apart and carries
the version: whoever changes a rule below must raise it.

Control characters never survive normalising, so U+001F between the parts cannot be forged by a name.
"""

import re
import unicodedata
from functools import lru_cache
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
# Most names hold none of them: to look first costs a sixth of translating.
_may_be_plainer = re.compile("[" + "".join(map(chr, _PLAIN)) + "]").search
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})


def normalise(text: str) -> str:
    """The form of a name that identifies it; may be empty. Diacritics and punctuation stay: "!!!" is a band.

    Stable: normalising twice changes nothing. White space of any kind, tabs too, becomes single blanks.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.replace("`", "'").lower().split())
    kept = text.translate(_PLAIN) if _may_be_plainer(text) else text
    if not kept.isprintable():  # else there is nothing to drop, and looking at each character is most of the cost
        kept = "".join(filter(_is_kept, kept))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", kept).casefold())
    # Again, for NFKC itself makes typographic signs: the small em dash U+FE58 becomes U+2014.
    if _may_be_plainer(folded):
        folded = folded.translate(_PLAIN)
    return " ".join(folded.split())


# Few artists make a library, but many titles and albums: a memory of those would be pushed out before it is used.
normalise_artist = lru_cache(maxsize=8_192)(normalise)


def _is_kept(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in _DROPPED_CATEGORIES


def lookup_key(track: Track) -> bytes:
    """The Kafka message key: normalised primary artist, title and album (empty if there is none), as UTF-8.

    It routes all plays of a track to one partition; it does not by itself make anything unique.
    """
    album = normalise(track.album) if track.album else ""
    return SEPARATOR.join((normalise_artist(track.artists[0]), normalise(track.title), album)).encode()


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

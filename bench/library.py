"""Whole record collections and what was played of them: invented, realistic, the same for the same seed.

Popularity follows Zipf's law with a flattened top: of 100,000 songs a million plays touch 97,000, the most popular one
5,000 times.
"""

import itertools
import random
from collections.abc import Iterator
from typing import NamedTuple

from bench.names import LANGUAGES, Language

_FIRST_PLAY = 1_050_000_000
_LAST_PLAY = 1_650_000_000
_SECONDS_BETWEEN = 240
_DRAWN_AT_ONCE = 10_000
_GUEST_SHARE = 0.04
_SINGLE_SHARE = 0.05


class Song(NamedTuple):
    """A track as a player sends it; `artists` begins with the primary one, `album` is None for a single."""

    artists: tuple[str, ...]
    title: str
    album: str | None
    seconds: int


def songs(count: int, seed: int, most: int = 80) -> list[Song]:
    """So many different songs in no order: five by each artist on average, at most `most` from one drawing of it."""
    rng = random.Random(seed)
    languages, shares = list(LANGUAGES), list(LANGUAGES.values())
    made: dict[Song, None] = {}
    artists: set[str] = set()
    while len(made) < count:
        (language,) = rng.choices(languages, shares)
        artist = language.artist(rng)
        if artist in artists and rng.random() < 0.95:  # noqa: PLR2004 - a small language runs out of names
            continue
        artists.add(artist)
        made |= dict.fromkeys(_work(artist, language, most, rng))
    found = list(made)[:count]
    rng.shuffle(found)
    return found


def _work(artist: str, language: Language, most: int, rng: random.Random) -> Iterator[Song]:
    """What one artist has published: often two songs, sometimes many, on one to three albums."""
    albums = [language.title(rng) for _ in range(rng.randint(1, 3))]
    for _ in range(min(most, int(2 * rng.paretovariate(0.9)))):
        guests = (language.artist(rng),) if rng.random() < _GUEST_SHARE else ()
        album = None if rng.random() < _SINGLE_SHARE else rng.choice(albums)
        yield Song((artist, *guests), language.title(rng), album, rng.randint(90, 420))


def draws(count: int, plays: int, seed: int) -> Iterator[int]:
    """The numbers of the songs that are played one after the other, each below `count`."""
    rng = random.Random(seed)
    weights = list(itertools.accumulate(1 / (rank + 10) ** 0.8 for rank in range(count)))
    for begun in range(0, plays, _DRAWN_AT_ONCE):
        yield from rng.choices(range(count), cum_weights=weights, k=min(_DRAWN_AT_ONCE, plays - begun))


def times(plays: int, seed: int, first: int = _FIRST_PLAY, mean: int = _SECONDS_BETWEEN) -> Iterator[int]:
    """When one person played so many songs, in epoch seconds: ever later, never twice the same, never in the future.

    `mean` seconds lie between two plays; less where a long history would else not end in time.
    """
    rng = random.Random(seed)
    mean = min(mean, (_LAST_PLAY - _FIRST_PLAY) // plays)
    second = first
    for _ in range(plays):
        # Cheaper than randint, which would take half of the time that a play takes here.
        second += 1 + int(rng.random() * (2 * mean - 1))
        yield second

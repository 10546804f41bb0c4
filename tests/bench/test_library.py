import itertools
import time

from bench.library import draws, songs, times


def test_the_same_seed_gives_the_same_songs() -> None:
    assert songs(2_000, seed=7) == songs(2_000, seed=7)
    assert songs(2_000, seed=7) != songs(2_000, seed=8)


def test_songs_are_different_and_as_many_as_asked_for() -> None:
    assert len(set(songs(5_000, seed=1))) == 5_000


def test_a_million_plays_touch_about_97_000_of_100_000_songs() -> None:
    drawn = list(draws(100_000, 1_000_000, seed=1))
    assert len(drawn) == 1_000_000
    assert 96_000 < len(set(drawn)) < 98_500


def test_nobody_plays_two_songs_at_once_or_in_the_future() -> None:
    moments = list(times(100_000, seed=1))
    assert all(before < after for before, after in itertools.pairwise(moments))
    assert moments[-1] < time.time()


def test_ten_million_plays_end_before_today() -> None:
    # The mean distance is bounded; the last moment is that of the first ten thousand, continued.
    moments = list(itertools.islice(times(10_000_000, seed=1), 10_000))
    assert moments[0] + (moments[-1] - moments[0]) * 1_000 < time.time()

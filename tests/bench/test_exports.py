import itertools
from collections import Counter
from pathlib import Path

import pytest

from bench.exports import KINDS, plays, write_sample
from bench.library import draws, songs, times
from producers.exports import read_export
from schemas.listen import Listen, Skipped

SAMPLE = Path(__file__).parents[2] / "bench" / "sample.json"
# What knows only one artist of a play.
OF_ONE_ARTIST = {"lastfm", "spotify"}


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"listens"}))
def test_every_play_is_read_back_as_it_was_drawn(kind: str, tmp_path: Path) -> None:
    write, row, written = KINDS[kind]
    library = songs(500, seed=3)
    moments, drawn = list(times(20_001, seed=3)), list(draws(500, 20_001, seed=3))
    write(tmp_path / "export", plays(library, moments, drawn, row, written))
    listens = [item for item in read_export(tmp_path / "export") if isinstance(item, Listen)]
    most = 1 if kind in OF_ONE_ARTIST else None
    assert [listen.listened_at for listen in listens] == moments
    assert [listen.track.title for listen in listens] == [library[number].title for number in drawn]
    assert [listen.track.artists for listen in listens] == [library[number].artists[:most] for number in drawn]
    assert [listen.track.album for listen in listens] == [library[number].album for number in drawn]


def test_the_committed_sample_is_what_the_generator_writes(tmp_path: Path) -> None:
    write_sample(tmp_path / "sample.json")
    assert (tmp_path / "sample.json").read_bytes() == SAMPLE.read_bytes()


def test_the_sample_shows_what_exports_hold() -> None:
    items = list(read_export(SAMPLE))
    listens = [item for item in items if isinstance(item, Listen)]
    skipped = Counter(item.reason for item in items if isinstance(item, Skipped))
    assert SAMPLE.stat().st_size < 400_000
    assert len(items) == 2_000
    assert skipped == {"missing_title": 1, "missing_artist": 1, "too_early": 1}
    assert any(listen.track.album is None for listen in listens)
    assert any(len(listen.track.artists) > 1 for listen in listens)
    assert all(before.listened_at < after.listened_at for before, after in itertools.pairwise(listens))

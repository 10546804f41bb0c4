"""Export files of invented listening histories, written as a stream: ten million plays need no more memory than one.

    python -m bench.exports listenbrainz plays.jsonl --plays 1000000
    python -m bench.exports listenbrainz-zip plays.zip --plays 1000000
    python -m bench.exports maloja plays.json --plays 49050 --songs 25000
    python -m bench.exports sample bench/sample.json       the export that `make demo` imports

The same arguments write the same bytes.
"""

import argparse
import hashlib
import itertools
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import orjson

from bench.library import Song, draws, songs, times

# Makes the object of a song's row, in which NUL stands for the time of the play.
Row: TypeAlias = Callable[[Song], dict[str, object]]
SONGS = 100_000
_TIME = b'"\\u0000"'
_AT_ONCE = 10_000
_SAMPLE_SEED = 6
_SAMPLE_FIRST = 1_672_560_000  # 2023-01-01
_SAMPLE_SECONDS = 40_000


def write_lines(path: Path, rows: Iterable[bytes]) -> None:
    """One JSON object per line, as in each month of a ListenBrainz archive."""
    with path.open("wb") as file:
        for some in _chunks(rows):
            file.write(b"\n".join(some) + b"\n")


def write_listenbrainz_zip(path: Path, rows: Iterable[bytes]) -> None:
    """The archive that ListenBrainz sends, here with all plays in one member."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("user.json", '{"user_id": 1, "username": "invented"}\n')
        with archive.open("listens/2020/1.jsonl", "w", force_zip64=True) as file:
            for some in _chunks(rows):
                file.write(b"\n".join(some) + b"\n")


def write_maloja(path: Path, rows: Iterable[bytes]) -> None:
    """What the export button of Maloja writes."""
    with path.open("wb") as file:
        file.write(b'{"maloja":{"export_time":1767225600},"scrobbles":[')
        separator = b"\n"
        for some in _chunks(rows):
            file.write(separator + b",\n".join(some))
            separator = b",\n"
        file.write(b"\n]}\n")


def write_sample(path: Path) -> None:
    """2,000 plays of a small library in three years, among them three rows that an import refuses and counts."""
    library = songs(500, _SAMPLE_SEED, most=12)
    moments = times(1_997, _SAMPLE_SEED, _SAMPLE_FIRST, _SAMPLE_SECONDS)
    rows = list(plays(library, moments, draws(len(library), 1_997, _SAMPLE_SEED), maloja_row))
    untitled, nobody = library[0]._replace(title=""), library[0]._replace(artists=())
    rows[400:400] = plays([untitled, nobody], [_SAMPLE_FIRST, _SAMPLE_FIRST + 1], [0, 1], maloja_row)
    rows[900:900] = plays(library, [0], [0], maloja_row)
    write_maloja(path, rows)


def plays(library: Sequence[Song], moments: Iterable[int], drawn: Iterable[int], row: Row) -> Iterator[bytes]:
    """A row for each moment, of the song whose number was drawn for it."""
    halves = [orjson.dumps(row(song)).partition(_TIME) for song in library]
    for number, second in zip(drawn, moments, strict=True):
        before, _, after = halves[number]
        yield b"%b%d%b" % (before, second, after)


def listenbrainz_row(song: Song) -> dict[str, object]:
    """A listen as ListenBrainz exports it."""
    digest = hashlib.md5("/".join((*song.artists, song.title)).encode(), usedforsecurity=False).hexdigest()
    msid = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"
    metadata: dict[str, object] = {
        "artist_name": " feat. ".join(song.artists),
        "track_name": song.title,
        "recording_msid": msid,
        "mbid_mapping": None,
        "additional_info": {
            "duration_ms": song.seconds * 1_000,
            "artist_names": song.artists,
            "recording_msid": msid,
            "submission_client": "navidrome",
        },
    }
    if song.album is not None:
        metadata["release_name"] = song.album
    return {"listened_at": "\0", "inserted_at": 1_700_000_000.5, "track_metadata": metadata}


def listen_row(song: Song) -> dict[str, object]:
    """A listen as schemas/listen.py has it, for `bench.feed`."""
    album = {} if song.album is None else {"album": song.album}
    track = {"artists": song.artists, "title": song.title, **album, "duration_ms": song.seconds * 1_000}
    return {"listened_at": "\0", "track": track}


def maloja_row(song: Song) -> dict[str, object]:
    """A scrobble as Maloja exports it; a player that knows one artist field joins several names in it."""
    album = None if song.album is None else {"albumtitle": song.album, "artists": song.artists[:1]}
    track = {"artists": [" • ".join(song.artists)], "title": song.title, "album": album, "length": song.seconds}
    return {"time": "\0", "track": track, "duration": song.seconds}


_KINDS = {
    "listenbrainz": (write_lines, listenbrainz_row),
    "listenbrainz-zip": (write_listenbrainz_zip, listenbrainz_row),
    "listens": (write_lines, listen_row),
    "maloja": (write_maloja, maloja_row),
}


def main() -> None:
    """Write the file that the arguments ask for."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.exports", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=[*_KINDS, "sample"])
    parser.add_argument("path", type=Path)
    parser.add_argument("--plays", type=int, default=1_000_000)
    parser.add_argument("--songs", type=int, default=SONGS)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.kind == "sample":
        write_sample(chosen.path)
        return
    write, row = _KINDS[chosen.kind]
    library = songs(chosen.songs, chosen.seed)
    drawn = draws(len(library), chosen.plays, chosen.seed)
    write(chosen.path, plays(library, times(chosen.plays, chosen.seed), drawn, row))


def _chunks(rows: Iterable[bytes]) -> Iterator[list[bytes]]:
    remaining = iter(rows)
    while some := list(itertools.islice(remaining, _AT_ONCE)):
        yield some


if __name__ == "__main__":
    main()

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
from datetime import UTC, datetime
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


def write_spotify(path: Path, rows: Iterable[bytes]) -> None:
    """A file of Spotify's extended history, here with all years in one."""
    with path.open("wb") as file:
        separator = b"["
        for some in _chunks(rows):
            file.write(separator + b",".join(some))
            separator = b","
        file.write(b"]")


def write_lastfm(path: Path, rows: Iterable[bytes]) -> None:
    """Pages of 200 plays, as exporters of Last.fm save them."""
    with path.open("wb") as file:
        separator = b"["
        for some in _chunks(rows, 200):
            file.write(separator + b'{"track":[' + b",".join(some) + b'],"@attr":{"perPage":"200","totalPages":"1"}}')
            separator = b","
        file.write(b"]")


def write_sample(path: Path) -> None:
    """2,000 plays of a small library in three years, among them three rows that an import refuses and counts."""
    library = songs(500, _SAMPLE_SEED, most=12)
    moments = times(1_997, _SAMPLE_SEED, _SAMPLE_FIRST, _SAMPLE_SECONDS)
    rows = list(plays(library, moments, draws(len(library), 1_997, _SAMPLE_SEED), maloja_row))
    untitled, nobody = library[0]._replace(title=""), library[0]._replace(artists=())
    rows[400:400] = plays([untitled, nobody], [_SAMPLE_FIRST, _SAMPLE_FIRST + 1], [0, 1], maloja_row)
    rows[900:900] = plays(library, [0], [0], maloja_row)
    write_maloja(path, rows)


def plays(
    library: Sequence[Song],
    moments: Iterable[int],
    drawn: Iterable[int],
    row: Row,
    written: Callable[[int], bytes] = b"%d".__mod__,
) -> Iterator[bytes]:
    """A row for each moment, of the song whose number was drawn for it."""
    halves = [orjson.dumps(row(song)).partition(_TIME) for song in library]
    for number, second in zip(drawn, moments, strict=True):
        before, _, after = halves[number]
        yield b"%b%b%b" % (before, written(second), after)


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


def spotify_row(song: Song) -> dict[str, object]:
    """A stream as Spotify exports it, heard to its end."""
    uri = hashlib.md5("/".join((*song.artists, song.title)).encode(), usedforsecurity=False).hexdigest()[:22]
    return {
        "ts": "\0",
        "platform": "linux",
        "ms_played": song.seconds * 1_000,
        "conn_country": "SE",
        "ip_addr": "192.0.2.1",
        "master_metadata_track_name": song.title,
        "master_metadata_album_artist_name": song.artists[0],
        "master_metadata_album_album_name": song.album,
        "spotify_track_uri": f"spotify:track:{uri}",
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": False,
        "offline": False,
        "offline_timestamp": None,
        "incognito_mode": False,
    }


def lastfm_row(song: Song) -> dict[str, object]:
    """A recent track as Last.fm's API tells it."""
    return {
        "artist": {"mbid": "", "#text": song.artists[0]},
        "streamable": "0",
        "image": [{"size": size, "#text": ""} for size in ("small", "medium", "large", "extralarge")],
        "mbid": "",
        "album": {"mbid": "", "#text": song.album or ""},
        "name": song.title,
        "url": "",
        "date": {"uts": "\0", "#text": ""},
    }


def _number(second: int) -> bytes:
    return b"%d" % second


def _text(second: int) -> bytes:
    return b'"%d"' % second


def _iso(second: int) -> bytes:
    return datetime.fromtimestamp(second, UTC).strftime('"%Y-%m-%dT%H:%M:%SZ"').encode()


# The file, a row of it, and how that tells its time.
KINDS = {
    "lastfm": (write_lastfm, lastfm_row, _text),
    "listenbrainz": (write_lines, listenbrainz_row, _number),
    "listenbrainz-zip": (write_listenbrainz_zip, listenbrainz_row, _number),
    "listens": (write_lines, listen_row, _number),
    "maloja": (write_maloja, maloja_row, _number),
    "spotify": (write_spotify, spotify_row, _iso),
}


def main() -> None:
    """Write the file that the arguments ask for."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.exports", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=[*KINDS, "sample"])
    parser.add_argument("path", type=Path)
    parser.add_argument("--plays", type=int, default=1_000_000)
    parser.add_argument("--songs", type=int, default=SONGS)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.kind == "sample":
        write_sample(chosen.path)
        return
    write, row, written = KINDS[chosen.kind]
    library = songs(chosen.songs, chosen.seed)
    drawn = draws(len(library), chosen.plays, chosen.seed)
    write(chosen.path, plays(library, times(chosen.plays, chosen.seed), drawn, row, written))


def _chunks(rows: Iterable[bytes], size: int = _AT_ONCE) -> Iterator[list[bytes]]:
    remaining = iter(rows)
    while some := list(itertools.islice(remaining, size)):
        yield some


if __name__ == "__main__":
    main()

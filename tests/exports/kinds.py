"""Every shape an export comes in, and how to write it: the contract tests run over all of them."""

import csv
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from schemas.listen import Listen, Track

# A full minute, for some formats know no seconds.
START = 1_700_000_040


def whole(listen: Listen) -> Listen:
    return listen


class Kind(NamedTuple):
    """`row` writes one listen, `document` a file of such rows; `kept` is what of a listen they can hold.

    Where rows are told apart `by_line`, they are numbered by it too, and nobody can see that whole lines are missing.
    A database orders its rows by their times, which are all different.
    """

    name: str
    format: str
    row: Callable[[Listen], str]
    document: Callable[[list[str]], bytes]
    kept: Callable[[Listen], Listen] = whole
    by_line: bool = False
    database: bool = False


def moment(minute: int) -> int:
    return START + 60 * minute


def listens(count: int) -> list[Listen]:
    return [
        Listen(moment(n), Track(("Ärtist",), f"Title {n}", "Album", duration_ms=200_000), played_ms=180_000)
        for n in range(count)
    ]


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def maloja_row(listen: Listen) -> str:
    track = listen.track
    album = None if track.album is None else {"albumtitle": track.album, "artists": [track.album_artist]}
    length = None if track.duration_ms is None else track.duration_ms // 1_000
    played = None if listen.played_ms is None else listen.played_ms // 1_000
    return json.dumps(
        {
            "time": listen.listened_at,
            "track": {"artists": list(track.artists), "title": track.title, "album": album, "length": length},
            "duration": played,
            "origin": "client:test",
        }
    )


def maloja_database(rows: list[str]) -> bytes:
    """What Maloja 3.2 stores; what is no row of its export becomes a scrobble of a track that is not there."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(MALOJA_SCHEMA)
        time = START
        for number, text in enumerate(rows):
            row = json.loads(text)
            if not isinstance(row, dict) or "track" not in row:
                time += 1
                database.execute("INSERT INTO scrobbles (timestamp, track_id) VALUES (?, -1)", (time,))
                continue
            time, track, album = row["time"], row["track"], row["track"]["album"]
            if album:
                database.execute("INSERT INTO albums (id, albtitle) VALUES (?, ?)", (number, album["albumtitle"]))
            given = (number, track["title"], track["length"], number if album else None)
            database.execute("INSERT INTO tracks (id, title, length, album_id) VALUES (?, ?, ?, ?)", given)
            _add_artists(database, "track", number, track["artists"])
            _add_artists(database, "album", number, (album or {}).get("artists") or [])
            database.execute("INSERT INTO scrobbles VALUES (?, NULL, 'x', ?, ?, NULL)", (time, row["duration"], number))
        database.commit()
        return database.serialize()


def _add_artists(database: sqlite3.Connection, kind: str, owner: int, names: list[str | None]) -> None:
    for name in names:
        database.execute("INSERT INTO artists (name) SELECT ?1 WHERE ?1 NOT IN (SELECT name FROM artists)", (name,))
        link = f"INSERT INTO {kind}artists (artist_id, {kind}_id) SELECT id, ? FROM artists WHERE name = ?"  # noqa: S608
        database.execute(link, (owner, name))


MALOJA_SCHEMA = """
CREATE TABLE _maloja ("key" VARCHAR NOT NULL, value VARCHAR, PRIMARY KEY ("key"));
CREATE TABLE artists (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name VARCHAR, name_normalized VARCHAR);
CREATE TABLE albums (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, albtitle VARCHAR, albtitle_normalized VARCHAR);
CREATE TABLE tracks (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, title VARCHAR, title_normalized VARCHAR,
    length INTEGER, album_id INTEGER REFERENCES albums (id));
CREATE TABLE scrobbles (timestamp INTEGER NOT NULL PRIMARY KEY, rawscrobble VARCHAR, origin VARCHAR, duration INTEGER,
    track_id INTEGER REFERENCES tracks (id), extra VARCHAR);
CREATE TABLE trackartists (id INTEGER NOT NULL PRIMARY KEY, artist_id INTEGER REFERENCES artists (id),
    track_id INTEGER REFERENCES tracks (id), UNIQUE (artist_id, track_id));
CREATE TABLE albumartists (id INTEGER NOT NULL PRIMARY KEY, artist_id INTEGER REFERENCES artists (id),
    album_id INTEGER REFERENCES albums (id), UNIQUE (artist_id, album_id));
CREATE TABLE associated_artists (source_artist INTEGER REFERENCES artists (id),
    target_artist INTEGER REFERENCES artists (id), UNIQUE (source_artist, target_artist));
"""


def listenbrainz_row(listen: Listen) -> str:
    track = listen.track
    info = {
        "artist_names": list(track.artists),
        "duration_ms": track.duration_ms,
        "ms_played": listen.played_ms,
        "release_artist_name": track.album_artist,
    }
    return json.dumps(
        {
            "inserted_at": listen.listened_at + 10.5,
            "listened_at": listen.listened_at,
            "track_metadata": {
                "track_name": track.title,
                "artist_name": ", ".join(track.artists),
                "release_name": track.album,
                "additional_info": info,
                "mbid_mapping": None,
            },
        },
        ensure_ascii=False,
    )


def koito_row(listen: Listen) -> str:
    track = listen.track
    when = datetime.fromtimestamp(listen.listened_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps(
        {
            "listened_at": when,
            "client": "",
            "track": {"mbid": None, "duration": (track.duration_ms or 0) // 1_000, "aliases": [_alias(track.title)]},
            "album": {
                "image_url": "",
                "mbid": None,
                "aliases": [] if track.album is None else [_alias(track.album)],
                "various_artists": False,
            },
            "artists": [
                {"image_url": "User Upload", "mbid": None, "is_primary": number == 0, "aliases": [_alias(name)]}
                for number, name in enumerate(track.artists)
            ],
        }
    )


def _alias(name: str) -> dict[str, object]:
    return {"alias": name, "source": "Canonical", "is_primary": True}


def koito_kept(listen: Listen) -> Listen:
    return replace(listen, played_ms=None, track=replace(listen.track, album_artist=None))


def _koito_document(rows: list[str]) -> bytes:
    header = b'{"version":"1","exported_at":"2024-01-01T00:00:00Z","user":"me","listens":['
    return header + ",".join(rows).encode() + b"]}"


def spotify_row(listen: Listen) -> str:
    track = listen.track
    ended = datetime.fromtimestamp(listen.listened_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    heard = {} if listen.played_ms is None else {"ms_played": listen.played_ms, "reason_end": "trackdone"}
    return json.dumps(
        {
            "ts": ended,
            **heard,
            "ip_addr": "192.0.2.1",
            "master_metadata_track_name": track.title,
            "master_metadata_album_artist_name": track.artists[0],
            "master_metadata_album_album_name": track.album,
            "spotify_track_uri": f"spotify:track:{track.ids.spotify_track}" if track.ids else None,
            "episode_name": None,
            "skipped": None,
            "incognito_mode": False,
        },
        ensure_ascii=False,
    )


def spotify_kept(listen: Listen) -> Listen:
    artist, album = listen.track.artists[0], listen.track.album
    track = Track((artist,), listen.track.title, album, album and artist, ids=listen.track.ids)
    return Listen(listen.listened_at, track, listen.played_ms)


def lastfm_row(listen: Listen) -> str:
    track = listen.track
    return json.dumps(
        {
            "artist": {"mbid": "", "#text": track.artists[0]},
            "streamable": "0",
            "image": [{"size": "small", "#text": ""}, {"size": "large", "#text": "https://example.com/1.png"}],
            "mbid": "",
            "album": {"mbid": "", "#text": track.album or ""},
            "name": track.title,
            "url": "",
            "date": {"uts": str(listen.listened_at), "#text": "14 Nov 2023, 22:13"},
        }
    )


def lastfm_kept(listen: Listen) -> Listen:
    return Listen(listen.listened_at, Track(listen.track.artists[:1], listen.track.title, listen.track.album))


def lastfm_page(rows: list[str]) -> str:
    return f'{{"track":[{", ".join(rows)}],"@attr":{{"totalPages":"9"}}}}'


def _lastfm_pages(rows: list[str]) -> bytes:
    pages = [lastfm_page(rows[at : at + 7]) for at in range(0, len(rows), 7)]
    return f"[{', '.join(pages)}]".encode()


_GHAN = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"


def _ghan(listen: Listen) -> list[object]:
    track = listen.track
    return [listen.listened_at, _written(listen), track.artists[0], "", track.album or "", "", track.title, ""]


def _ben(listen: Listen) -> list[object]:
    return [listen.track.artists[0], listen.track.album or "", listen.track.title, _written(listen)]


def _librefm(listen: Listen) -> list[object]:
    return ["me", listen.track.artists[0], listen.track.title, listen.track.album or "", listen.listened_at]


def _written(listen: Listen) -> str:
    return datetime.fromtimestamp(listen.listened_at, UTC).strftime("%d %b %Y %H:%M")


def minutes_kept(listen: Listen) -> Listen:
    return replace(lastfm_kept(listen), listened_at=listen.listened_at // 60 * 60)


def _csv_row(fields: Callable[[Listen], list[object]], delimiter: str = ",") -> Callable[[Listen], str]:
    def row(listen: Listen) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerow(fields(listen))
        return text.getvalue().removesuffix("\r\n")

    return row


def _csv(*header: str, end: str = "\n") -> Callable[[list[str]], bytes]:
    return lambda rows: "".join(f"{line}{end}" for line in (*header, *rows)).encode()


def pano_row(listen: Listen) -> str:
    track = listen.track
    return json.dumps(
        {
            "timeHuman": "Nov 14, 2023, 10:13 PM",
            "timeMs": listen.listened_at * 1_000,
            "artist": track.artists[0],
            "track": track.title,
            "album": track.album,
            "albumArtist": track.album_artist,
            "durationMs": track.duration_ms,
            "mediaPlayerPackage": "org.example",
            "event": "scrobble",
        }
    )


def pano_kept(listen: Listen) -> Listen:
    return replace(listen, played_ms=None, track=replace(listen.track, artists=listen.track.artists[:1]))


# A line that begins with # is a comment.
_NO_TABS = str.maketrans("\t\r\n#", "   _")


def rockbox_row(listen: Listen) -> str:
    track = listen.track
    names = [name.translate(_NO_TABS) for name in (track.artists[0], track.album or "", track.title)]
    return "\t".join([*names, "7", str((track.duration_ms or 0) // 1_000), "L", str(listen.listened_at), ""])


def rockbox_kept(listen: Listen) -> Listen:
    track = listen.track
    artist, title = track.artists[0].translate(_NO_TABS), track.title.translate(_NO_TABS)
    album = track.album and track.album.translate(_NO_TABS)
    return Listen(listen.listened_at, Track((artist,), title, album, duration_ms=track.duration_ms))


def _log(rows: list[str]) -> bytes:
    return b"#AUDIOSCROBBLER/1.1\n#TZ/UTC\n#CLIENT/Rockbox sansae200 $Revision$\n" + _lines(rows)


def _lines(rows: list[str]) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


def _array(rows: list[str]) -> bytes:
    return f"[{', '.join(rows)}]".encode()


KINDS = [
    Kind(
        "maloja",
        "maloja",
        maloja_row,
        lambda rows: b'{"maloja": {"export_time": 1}, "scrobbles": [\n' + ",\n".join(rows).encode() + b"\n]}",
    ),
    Kind("maloja-cli", "maloja", maloja_row, lambda rows: b'{"scrobbles":' + _array(rows) + b"}\r\n"),
    Kind(
        "maloja-api",
        "maloja",
        maloja_row,
        lambda rows: b'{"status":"ok", "list":' + _array(rows) + b', "pagination":{"page":0,"next_page":null}}',
    ),
    Kind("maloja-array", "maloja", maloja_row, _array),
    Kind("maloja-db", "maloja-db", maloja_row, maloja_database, database=True),
    Kind("koito", "koito", koito_row, _koito_document, koito_kept),
    Kind("listenbrainz-lines", "listenbrainz", listenbrainz_row, _lines, by_line=True),
    Kind("listenbrainz-array", "listenbrainz", listenbrainz_row, _array),
    Kind(
        "listenbrainz-zip",
        "listenbrainz",
        listenbrainz_row,
        lambda rows: zipped({"user.json": b'{"user_id":1,"username":"me"}\n', "listens/2023/11.jsonl": _lines(rows)}),
    ),
    Kind("lastfm", "lastfm", lastfm_row, _lastfm_pages, lastfm_kept),
    Kind("lastfm-page", "lastfm", lastfm_row, lambda rows: lastfm_page(rows).encode(), lastfm_kept),
    Kind(
        "lastfm-answer",
        "lastfm",
        lastfm_row,
        lambda rows: f'{{"recenttracks":{lastfm_page(rows)}}}'.encode(),
        lastfm_kept,
    ),
    Kind("lastfm-array", "lastfm", lastfm_row, _array, lastfm_kept),
    Kind("lastfm-csv", "lastfm-csv", _csv_row(_ghan), _csv(_GHAN), lastfm_kept, by_line=True),
    Kind(
        "lastfm-csv-saved",
        "lastfm-csv",
        _csv_row(_ghan, ";"),
        _csv(_GHAN.replace(",", ";"), end="\r\n"),
        lastfm_kept,
        by_line=True,
    ),
    Kind("lastfm-csv-bare", "lastfm-csv", _csv_row(_ben), _csv(), minutes_kept, by_line=True),
    Kind(
        "librefm-csv",
        "librefm-csv",
        _csv_row(_librefm),
        _csv("# Libre.fm", "+ACM- more", "User,Artist,Track,Album,Time"),
        lastfm_kept,
        by_line=True,
    ),
    Kind("pano", "pano", pano_row, _lines, pano_kept, by_line=True),
    Kind("rockbox", "rockbox", rockbox_row, _log, rockbox_kept, by_line=True),
    Kind("scrobbles-lines", "scrobbles", lambda listen: msgspec.json.encode(listen).decode(), _lines, by_line=True),
    Kind("spotify", "spotify", spotify_row, _array, spotify_kept),
    Kind("spotify-spaced", "spotify", spotify_row, lambda rows: ("[" + ",\n".join(rows) + "]").encode(), spotify_kept),
    Kind(
        "spotify-zip",
        "spotify",
        spotify_row,
        lambda rows: zipped(
            {
                "Spotify Extended Streaming History/ReadMeFirst.pdf": b"%PDF-1.4",
                "Spotify Extended Streaming History/Streaming_History_Audio_2023_1.json": _array(rows),
            }
        ),
        spotify_kept,
    ),
]
STREAMED = [kind for kind in KINDS if not kind.database and not kind.name.endswith("-zip")]
LISTED = [kind for kind in KINDS if not kind.database]

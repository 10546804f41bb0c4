"""JSON that people handed in, each with what becomes of it."""

import io
import json

import pytest
from msgspec.structs import replace

from producers.exports import open_export, read_export
from schemas.errors import DataFault
from schemas.listen import Ids, Listen, Skipped, Track


def tide(number: int, of: str | None = None, spotify_track: str | None = None) -> Listen:
    known = Ids(spotify_track=spotify_track) if spotify_track else None
    return Listen(1_700_000_000 + number * 300, Track(("Fern Lamp",), f"Tide {number}", "Low Water", of, ids=known))


def lastfm(number: int) -> dict[str, object]:
    return {
        "artist": {"mbid": "", "#text": "Fern Lamp"},
        "streamable": "0",
        "image": [{"size": "small", "#text": ""}],
        "mbid": "",
        "album": {"mbid": "", "#text": "Low Water"},
        "name": f"Tide {number}",
        "url": "https://example.invalid/x",
        "date": {"uts": str(1_700_000_000 + number * 300), "#text": "14 Nov 2023, 22:13"},
    }


def listenbrainz(number: int) -> dict[str, object]:
    return {
        "listened_at": 1_700_000_000 + number * 300,
        "track_metadata": {
            "track_name": f"Tide {number}",
            "artist_name": "Fern Lamp",
            "release_name": "Low Water",
            "additional_info": {"submission_client": "x"},
            "mbid_mapping": None,
        },
    }


PLAYING = {"track_metadata": listenbrainz(1)["track_metadata"], "playing_now": True}


def spotify(number: int, **changed: object) -> dict[str, object]:
    return {
        "ts": f"2023-11-14T22:{13 + number * 5}:20Z",
        "ms_played": 187_000,
        "master_metadata_track_name": f"Tide {number}",
        "master_metadata_album_artist_name": "Fern Lamp",
        "master_metadata_album_album_name": "Low Water",
        "spotify_track_uri": f"spotify:track:{number:022}",
        "episode_name": None,
        "reason_end": "trackdone",
        "skipped": False,
        "incognito_mode": False,
        **changed,
    }


def streamed(number: int) -> Listen:
    return replace(tide(number, "Fern Lamp", spotify_track=f"{number:022}"), played_ms=187_000)


def koito(number: int) -> dict[str, object]:
    name = [{"alias": f"Tide {number}", "source": "Canonical", "is_primary": True}]
    artist = [{"alias": "Fern Lamp", "source": "Canonical", "is_primary": True}]
    album = [{"alias": "Low Water", "source": "Canonical", "is_primary": True}]
    return {
        "listened_at": f"2023-11-14T22:{13 + number * 5}:20Z",
        "client": "x",
        "track": {"mbid": None, "duration": 0, "aliases": name},
        "album": {"image_url": "", "mbid": None, "aliases": album, "various_artists": False},
        "artists": [{"image_url": "", "mbid": None, "is_primary": True, "aliases": artist}],
    }


def page(*rows: dict[str, object]) -> str:
    return json.dumps({"recenttracks": {"track": rows, "@attr": {"page": "1", "totalPages": "3", "user": "u"}}})


def of_koito(user: str) -> str:
    rows = ",".join(json.dumps(koito(number)) for number in (1, 2))
    return f'{{"version":"1","exported_at":"2026-01-01T00:00:00Z","user":"{user}","listens":[{rows}]}}'


MALOJA = {
    "time": 1_700_000_300,
    "track": {
        "artists": [{"name": "Fern Lamp"}],
        "title": "Tide 1",
        "album": {"name": "Low Water", "artists": [{"name": "Fern Lamp"}]},
    },
}
STATS = [
    {"track": f"Tide {n}", "artist": "Fern Lamp", "album": "Low Water", "date": 1_700_000_000_000 + n * 300_000}
    for n in (1, 2, 3)
]
NUMBERED = Listen(
    1_700_000_300, Track(("311",), "1979", "Low Water", "311", ids=Ids(spotify_track=f"{1:022}")), 187_000
)


CASES = {
    "pages appended": ("lastfm", "\n".join(page(lastfm(n)) for n in (1, 2, 3)), [tide(1), tide(2), tide(3)]),
    "pages that are arrays, of mainstream.ghan.nl": (
        "lastfm",
        json.dumps([[lastfm(1), lastfm(2)], [lastfm(3)]]),
        [tide(1), tide(2), tide(3)],
    ),
    "lastfmstats": ("lastfm", json.dumps({"username": "x", "scrobbles": STATS}), [tide(1), tide(2), tide(3)]),
    "an answer of ListenBrainz": (
        "listenbrainz",
        json.dumps({"payload": {"count": 2, "listens": [listenbrainz(2), listenbrainz(1)], "user_id": "u"}}),
        [tide(2), tide(1)],
    ),
    "an answer without listens": (
        "listenbrainz",
        json.dumps({"payload": {"count": 0, "latest_listen_ts": 1, "listens": [], "user_id": "u"}}),
        [],
    ),
    "an answer with what is playing": (
        "listenbrainz",
        json.dumps({"payload": {"listens": [listenbrainz(1), PLAYING]}}),
        [tide(1), "now_playing"],
    ),
    "what a player submits to ListenBrainz": (
        "listenbrainz",
        json.dumps({"listen_type": "single", "payload": [listenbrainz(1)]}),
        [tide(1)],
    ),
    "lines that end in commas": (
        "listenbrainz",
        "".join(json.dumps(listenbrainz(n)) + ",\n" for n in (1, 2)),
        [tide(1), tide(2)],
    ),
    "jq . of lines": (
        "listenbrainz",
        "\n".join(json.dumps(listenbrainz(n), indent=2) for n in (1, 2)),
        [tide(1), tide(2)],
    ),
    "objects as artists": ("maloja", json.dumps({"scrobbles": [MALOJA]}), [tide(1, "Fern Lamp")]),
    "arrays appended": (
        "spotify",
        f"{json.dumps([spotify(1)])}{json.dumps([spotify(2)])}\n{json.dumps([spotify(3)])}",
        [streamed(1), streamed(2), streamed(3)],
    ),
    "booleans as text": (
        "spotify",
        json.dumps(
            [
                spotify(1, incognito_mode="false", skipped="false"),
                spotify(2, incognito_mode="FALSE", skipped="FALSE"),
                spotify(3, incognito_mode="true"),
                spotify(4, incognito_mode="maybe"),
            ]
        ),
        [streamed(1), streamed(2), "incognito", "malformed_row"],
    ),
    "names that are numbers or none": (
        "spotify",
        json.dumps(
            [
                spotify(1, master_metadata_album_artist_name=311, master_metadata_track_name=1979),
                spotify(1, master_metadata_album_artist_name=["Fern Lamp"]),
                spotify(1, master_metadata_track_name="Ti\ufffdra"),
            ]
        ),
        [NUMBERED, "malformed_row", "malformed_row"],
    ),
    "times as databases write them": (
        "spotify",
        json.dumps([spotify(1, ts="2023-11-14 22:18:20"), spotify(2, ts="2023-11-14 22:23:20 UTC"), spotify(1, ts="")]),
        [streamed(1), streamed(2), "bad_time"],
    ),
    "lengths as text": (
        "spotify",
        json.dumps([spotify(1, ms_played="187000.0"), spotify(2, ms_played=187_000.0), spotify(3, ms_played="3:07")]),
        [streamed(1), streamed(2), "malformed_row"],
    ),
    **{
        f"Koito's file of a person called {user}": ("koito", of_koito(user), [tide(1), tide(2)])
        for user in ("me", 'a"b', '"', "a\\", '","', 'x","listens', 'a"{b', '\\"', "[", '":')
    },
    "two such files in one": ("koito", "\n".join([of_koito('a"b')] * 2), [tide(1), tide(2)] * 2),
}


@pytest.mark.parametrize(("format_", "content", "expected"), CASES.values(), ids=CASES)
def test_what_becomes_of_it(format_: str, content: str, expected: list[Listen | str]) -> None:
    with open_export(io.BytesIO(content.encode())) as export:
        assert export.format == format_
        assert [item.reason if isinstance(item, Skipped) else item for item in export.rows] == expected


def test_a_page_that_is_cut_off_gives_the_pages_before_it() -> None:
    content = "\n".join(page(lastfm(n), lastfm(n)) for n in (1, 2)).encode()
    rows = read_export(io.BytesIO(content[:-80]))
    assert [next(rows) for _ in range(3)] == [tide(1), tide(1), tide(2)]
    with pytest.raises(DataFault, match="breaks off after row 3"):
        list(rows)

"""What is written is read back, but for what the format cannot hold: `LOST` says what that is, and no more is lost."""

import csv
import io
import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from producers.exports import Alias, open_export, read_export
from producers.exports.alias import AlbumName, ArtistName, TrackName
from producers.exports.rows import clean
from producers.exports.writing import WRITERS, Others, WrittenFormat
from schemas.identity import normalise
from schemas.listen import EARLIEST, Ids, Listen, Track
from tests.exports.kinds import START

MBID = "0da51a07-6e60-4ea0-9c2a-00000000000"


def document(format_: WrittenFormat, plays: list[tuple[Listen, Others]]) -> bytes:
    writer = WRITERS[format_]
    rows = [writer.play(one.listened_at, writer.track(one.track, others), one.played_ms) for one, others in plays]
    return writer.head('m"e', START) + writer.between.join(rows) + writer.tail


def written(format_: WrittenFormat, listen: Listen) -> dict[str, object]:
    content = document(format_, [(listen, Others())])
    return dict(json.loads(content.splitlines()[0] if format_ == "listenbrainz" else content))


def without_ids(track: Track) -> Track:
    return replace(track, ids=None, mapped_ids=None)


def of_maloja(listen: Listen) -> Listen:
    track = without_ids(listen.track)
    length, played = (_whole_seconds(ms) for ms in (track.duration_ms, listen.played_ms))
    return Listen(listen.listened_at, replace(track, duration_ms=length), played)


def of_koito(listen: Listen) -> Listen:
    track = listen.track
    various = track.album_artist and track.album_artist.casefold() == "various artists"
    ids = track.ids and Ids(
        track.ids.recording_mbid, release_mbid=track.ids.release_mbid, artist_mbids=track.ids.artist_mbids
    )
    return Listen(
        listen.listened_at,
        Track(
            track.artists,
            track.title,
            track.album,
            "Various Artists" if various else None,
            _whole_seconds(track.duration_ms),
            ids if ids != Ids() else None,
        ),
    )


def of_table(listen: Listen) -> Listen:
    track = listen.track
    ids = None
    if track.ids:
        primary = track.ids.artist_mbids[:1]
        ids = Ids(
            track.ids.recording_mbid,
            release_mbid=track.ids.release_mbid,
            artist_mbids=primary if any(primary) else (),
        )
    kept = Track(track.artists[:1], track.title, track.album, mapped_ids=None if ids == Ids() else ids)
    return Listen(listen.listened_at, kept)


def _whole_seconds(milliseconds: int | None) -> int | None:
    return (milliseconds or 0) // 1_000 * 1_000 or None


def of_listenbrainz(listen: Listen) -> Listen:
    track = listen.track
    return replace(listen, track=replace(track, ids=_complete(track.ids), mapped_ids=_mapped(track.mapped_ids)))


def _complete(ids: Ids | None) -> Ids | None:
    kept = ids and (ids if all(ids.artist_mbids) else replace(ids, artist_mbids=()))
    return None if kept == Ids() else kept


def _mapped(ids: Ids | None) -> Ids | None:
    return _complete(ids and replace(ids, isrc=None, spotify_track=None))


LOST: dict[WrittenFormat, Callable[[Listen], Listen]] = {
    "scrobbles": lambda listen: listen,
    "listenbrainz": of_listenbrainz,
    "maloja": of_maloja,
    "koito": of_koito,
    "csv": of_table,
}

# Without what credits several artists at once; test_credits.py is about that.
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="•·.\ufffd"), min_size=1, max_size=20)
name = names.map(clean).filter(normalise).filter(lambda text: not set(text.casefold().split()) & {"featuring"})
mbids = st.none() | st.sampled_from([f"{MBID}{number}" for number in range(4)])
lengths = st.none() | st.integers(1, 2_147_483_647)


@st.composite
def some_ids(draw: st.DrawFn, artists: tuple[str, ...], album: str | None) -> Ids | None:
    of_artists = tuple(draw(mbids) or "" for _ in artists)
    ids = Ids(
        draw(mbids),
        draw(st.sampled_from([None, "GBAYE0000351"])),
        draw(st.sampled_from([None, "4uLU6hMCjMI75M1A2tKUQC"])),
        draw(mbids) if album else None,
        draw(mbids) if album else None,
        of_artists if any(of_artists) else (),
    )
    return ids if ids != Ids() else None


@st.composite
def any_listens(draw: st.DrawFn) -> Listen:
    artists = tuple(draw(st.lists(name, min_size=1, max_size=3, unique_by=normalise)))
    album = draw(st.none() | name)
    owner = draw(st.sampled_from([None, artists[0], "Various Artists"])) if album else None
    ids, mapped_ids = draw(some_ids(artists, album)), draw(some_ids(artists, album))
    track = Track(artists, draw(name), album, owner, draw(lengths), ids, mapped_ids)
    return Listen(draw(st.integers(EARLIEST, START)), track, draw(lengths))


@pytest.mark.parametrize("format_", LOST)
@given(listens=st.lists(any_listens(), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_comes_back(format_: WrittenFormat, listens: list[Listen]) -> None:
    content = document(format_, [(listen, Others()) for listen in listens])
    found = list(read_export(io.BytesIO(content)))
    expected = [LOST[format_](listen) for listen in listens]
    if format_ == "maloja":  # its lists of artists have no order
        assert [_unordered(item) for item in found] == [_unordered(item) for item in expected]
    else:
        assert found == expected


def _unordered(item: object) -> object:
    assert isinstance(item, Listen)
    primary = item.track.artists[0] if item.track.album_artist != "Various Artists" else None
    return primary, replace(item, track=replace(item.track, artists=tuple(sorted(item.track.artists))))


@pytest.mark.parametrize("format_", LOST)
def test_an_export_of_no_play_is_one_of_that_format(format_: WrittenFormat) -> None:
    content = document(format_, [])
    if format_ != "listenbrainz":  # no line is no format
        with open_export(io.BytesIO(content)) as export:
            assert export.format == ("lastfm-csv" if format_ == "csv" else format_)
            assert list(export.rows) == []


def test_other_names_travel_in_our_own_format_and_in_koitos() -> None:
    aliases = {
        Alias(ArtistName("Yorushika"), ArtistName("ヨルシカ")),
        Alias(AlbumName("ヨルシカ", "Plagiarism"), AlbumName("ヨルシカ", "盗作")),
        Alias(TrackName("ヨルシカ", "Other", "盗作"), TrackName("ヨルシカ", "Title", "盗作")),
    }
    listen = Listen(START, Track(("Guest", "ヨルシカ"), "Title", "盗作"))
    found: set[Alias] = set()
    own, write = document("scrobbles", [(listen, Others())]), WRITERS["scrobbles"].alias
    assert write
    with open_export(io.BytesIO(own + b"".join(map(write, sorted(aliases)))), aliases=found) as export:
        assert list(export.rows) == [listen]
    assert found == aliases
    found.clear()
    listen = replace(listen, track=replace(listen.track, artists=("ヨルシカ", "Guest")))
    koitos = document("koito", [(listen, Others(("Other",), ("Plagiarism",), (("Yorushika",), ())))])
    with open_export(io.BytesIO(koitos), aliases=found) as export:
        assert list(export.rows) == [listen]
    assert found == aliases


def test_koito_gets_an_album_for_every_track() -> None:
    content = document("koito", [(Listen(START, Track(("A",), "Tune")), Others())])
    album = json.loads(content)["listens"][0]["album"]
    assert ([alias["alias"] for alias in album["aliases"]], album["invented"]) == (["Tune"], True)


def test_ids_go_where_listenbrainz_takes_them() -> None:
    ids = Ids(f"{MBID}1", "GBAYE0000351", "4uLU6hMCjMI75M1A2tKUQC", f"{MBID}2", f"{MBID}3", ("a", "b"))
    listen = Listen(START, Track(("A", "B"), "T", "LP", None, None, ids, Ids(f"{MBID}4", artist_mbids=("", "b"))))
    metadata = written("listenbrainz", listen)["track_metadata"]
    assert metadata == {
        "track_name": "T",
        "artist_name": "A, B",
        "release_name": "LP",
        "mbid_mapping": {"recording_mbid": f"{MBID}4"},
        "additional_info": {
            "artist_names": ["A", "B"],
            "submission_client": "scrobble-stream",
            "recording_mbid": f"{MBID}1",
            "release_mbid": f"{MBID}2",
            "release_group_mbid": f"{MBID}3",
            "artist_mbids": ["a", "b"],
            "isrc": "GBAYE0000351",
            "spotify_id": "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC",
        },
    }


def test_a_table_has_the_columns_of_lastfm_exporters() -> None:
    track = Track(
        ('A "quoted"', "B"), "Line\nbreak, comma", "LP", ids=Ids("r", release_mbid="l", artist_mbids=("a", ""))
    )
    content = document(
        "csv", [(Listen(1_700_000_000, track), Others()), (Listen(1_700_000_000, Track(("C",), "T")), Others())]
    )
    assert list(csv.DictReader(io.StringIO(content.decode(), newline=""))) == [
        {
            "uts": "1700000000",
            "utc_time": "14 Nov 2023, 22:13",
            "artist": 'A "quoted"',
            "artist_mbid": "a",
            "album": "LP",
            "album_mbid": "l",
            "track": "Line\nbreak, comma",
            "track_mbid": "r",
        },
        {
            "uts": "1700000000",
            "utc_time": "14 Nov 2023, 22:13",
            "artist": "C",
            "artist_mbid": "",
            "album": "",
            "album_mbid": "",
            "track": "T",
            "track_mbid": "",
        },
    ]

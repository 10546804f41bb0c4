import io
import json
from pathlib import Path

import pytest

from producers.exports import Rules, open_export, read_export
from producers.exports.opened import latest_second
from schemas.errors import DataFault
from schemas.listen import Ids, Listen, Skipped, Track
from tests.exports.kinds import listens, spotify_row, zipped

# 2024-02-03T10:11:12Z
ENDED = 1_706_955_072
URI = "spotify:track:AAAAAAAAAAAAAAAAAAAAAA"
PLAY: dict[str, object] = {
    "ts": "2024-02-03T10:11:12Z",
    "ms_played": 187_000,
    "master_metadata_track_name": "Song (feat. X)",
    "master_metadata_album_artist_name": "Band",
    "master_metadata_album_album_name": "LP",
    "spotify_track_uri": URI,
    "episode_name": None,
    "reason_start": "trackdone",
    "reason_end": "trackdone",
    "shuffle": False,
    "skipped": None,
    "offline": False,
    "offline_timestamp": 1_706_954_885,
    "incognito_mode": False,
    "ip_addr_decrypted": "192.0.2.1",
    "username": "somebody",
    "user_agent_decrypted": "agent",
}
NAMELESS: dict[str, object] = {
    "master_metadata_track_name": None,
    "master_metadata_album_artist_name": None,
    "master_metadata_album_album_name": None,
    "spotify_track_uri": None,
}
ACCOUNT_DATA = [{"endTime": "2024-02-03 10:11", "artistName": "A", "trackName": "T", "msPlayed": 187_000}]
PODCAST_ACCOUNT_DATA = [{"endTime": "2024-02-03 10:11", "podcastName": "A", "episodeName": "T", "msPlayed": 187_000}]


def read_rows(*rows: object, rules: Rules | None = None) -> list[Listen | Skipped]:
    with open_export(io.BytesIO(json.dumps([PLAY, *rows]).encode()), rules=rules) as export:
        return list(export.rows)[1:]


def read_row(**changed: object) -> Listen | Skipped:
    (item,) = read_rows({**PLAY, **changed})
    return item


def reason(**changed: object) -> str | None:
    item = read_row(**changed)
    return item.reason if isinstance(item, Skipped) else None


def listened_at(**changed: object) -> int:
    item = read_row(**changed)
    assert isinstance(item, Listen), item
    return item.listened_at


def started(**changed: object) -> int:
    (item,) = read_rows({**PLAY, **changed}, rules=Rules(latest_second(), spotify_time="start"))
    assert isinstance(item, Listen), item
    return item.listened_at


def test_the_sample_of_the_format_without_what_is_personal() -> None:
    track = Track(("Band", "X"), "Song (feat. X)", "LP", "Band", ids=Ids(spotify_track="A" * 22))
    assert read_row() == Listen(ENDED, track, 187_000)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, None),
        ({"ms_played": 30_000, "reason_end": "fwdbtn", "skipped": True}, None),
        ({"ms_played": 29_999, "reason_end": "fwdbtn"}, "short_play"),
        ({"ms_played": 29_999}, None),
        ({"ms_played": 29_999, "skipped": True}, "short_play"),
        ({"ms_played": 29_999, "skipped": False}, None),
        ({"ms_played": 29_999, "reason_end": None}, "short_play"),
        ({"ms_played": 0}, "short_play"),
        ({"ms_played": -5}, "short_play"),
        ({"ms_played": "187000"}, None),
        ({"ms_played": 187_000.0, "reason_end": "fwdbtn"}, None),
        ({"ms_played": "long"}, "malformed_row"),
        ({"ms_played": True}, "malformed_row"),
        ({"ms_played": [187_000]}, "malformed_row"),
        ({"ms_played": 1e300}, "malformed_row"),
        ({"ms_played": "187000.0"}, None),
        ({"ms_played": "5.0"}, None),
        ({"ms_played": "5.0", "skipped": "true"}, "short_play"),
        ({"ms_played": 5, "skipped": "FALSE"}, None),
        ({"ms_played": 5, "skipped": "maybe"}, "malformed_row"),
        ({"ms_played": 5, "reason_end": ["trackdone"]}, "malformed_row"),
        ({"incognito_mode": "true"}, "incognito"),
        ({"incognito_mode": "False"}, None),
        ({"incognito_mode": 0}, None),
        ({"incognito_mode": "maybe"}, "malformed_row"),
        ({"incognito_mode": []}, "malformed_row"),
        ({"ms_played": None}, "short_play"),
        ({"ms_played": None, "reason_end": None}, None),
        ({"incognito_mode": True}, "incognito"),
        ({"incognito_mode": None}, None),
    ],
)
def test_which_rows_are_plays(changed: dict[str, object], expected: str | None) -> None:
    assert reason(**changed) == expected


def test_a_row_that_does_not_tell_how_it_ended_is_a_play_of_unknown_length() -> None:
    absent = {"ms_played", "reason_end", "skipped"}
    (item,) = read_rows({key: value for key, value in PLAY.items() if key not in absent})
    assert isinstance(item, Listen)
    assert item.played_ms is None


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "no_metadata"),
        ({"episode_name": "E"}, "podcast"),
        ({"episode_show_name": "S"}, "podcast"),
        ({"spotify_episode_uri": "spotify:episode:x", "ms_played": 0}, "podcast"),
        ({"audiobook_title": "B"}, "audiobook"),
        ({"audiobook_chapter_uri": "spotify:chapter:x"}, "audiobook"),
        ({"master_metadata_track_name": "T"}, "no_metadata"),
        ({"master_metadata_album_artist_name": "A"}, "no_metadata"),
        ({"master_metadata_album_artist_name": "", "master_metadata_track_name": ""}, "no_metadata"),
        ({"master_metadata_album_artist_name": ["A"], "master_metadata_track_name": {"T": 1}}, "malformed_row"),
        ({"master_metadata_album_artist_name": True, "master_metadata_track_name": "T"}, "malformed_row"),
        ({"master_metadata_album_artist_name": " ", "master_metadata_track_name": "T"}, "missing_artist"),
        ({"master_metadata_album_artist_name": "A", "master_metadata_track_name": "\0"}, "missing_title"),
        ({"spotify_track_uri": "spotify:local:A:B:T:180"}, "no_metadata"),
    ],
)
def test_rows_that_name_no_music(changed: dict[str, object], expected: str) -> None:
    assert reason(**{**NAMELESS, **changed}) == expected


@pytest.mark.parametrize(
    ("ts", "expected"),
    [
        ("2024-02-03T10:11:12.999Z", ENDED),
        ("2024-02-03T10:11:12+00:00", ENDED),
        ("2024-02-03T12:11:12+02:00", ENDED),
        ("2024-02-03 10:11:12", ENDED),
    ],
)
def test_times_of_converted_files(ts: str, expected: int) -> None:
    assert listened_at(ts=ts) == expected


@pytest.mark.parametrize(
    ("ts", "expected"),
    [
        (None, "bad_time"),
        ("", "bad_time"),
        ("yesterday", "bad_time"),
        (17, "too_early"),
        ([], "bad_time"),
        ("2024-02-30T10:11:12Z", "bad_time"),
        ("2024-02-03T10:11:60Z", "bad_time"),
        ("\ud800", "bad_time"),
        ("1970-01-01T00:00:00Z", "too_early"),
        ("0001-01-01T00:00:00+14:00", "too_early"),
        ("2100-01-01T00:00:00Z", "too_late"),
        ("9999-12-31T23:59:59Z", "too_late"),
    ],
)
def test_times_that_are_none(ts: object, expected: str) -> None:
    assert reason(ts=ts) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"offline_timestamp": ENDED - 187}, ENDED - 187),
        ({"offline_timestamp": (ENDED - 187) * 1_000}, ENDED - 187),
        # Paused for an hour: it began an hour earlier than `ts` and the time played say.
        ({"offline_timestamp": ENDED - 3_787}, ENDED - 3_787),
        ({"offline_timestamp": ENDED - 185}, ENDED - 185),
        ({"offline_timestamp": ENDED - 184}, ENDED - 187),
        ({"offline_timestamp": 0}, ENDED - 187),
        ({"offline_timestamp": 1}, ENDED - 187),
        ({"offline_timestamp": None}, ENDED - 187),
        ({"offline_timestamp": "odd"}, ENDED - 187),
        ({"offline_timestamp": None, "ms_played": None, "reason_end": None}, ENDED),
    ],
)
def test_the_start_of_a_play(changed: dict[str, object], expected: int) -> None:
    assert started(**changed) == expected


@pytest.mark.parametrize("mode", ["end", "start"])
def test_the_wanted_window_is_that_of_the_time_chosen(mode: str) -> None:
    latest = latest_second()
    since_the_end = Rules(latest, since=ENDED, spotify_time="end" if mode == "end" else "start")
    (item,) = read_rows(PLAY, rules=since_the_end)
    assert isinstance(item, Listen) == (mode == "end")
    assert isinstance(item, Listen) or item.reason == "outside_window"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (URI, Ids(spotify_track="A" * 22)),
        ("spotify:local:A:B:T:180", None),
        ("spotify:track:short", None),
        ("spotify:episode:" + "A" * 22, None),
        ("", None),
        (None, None),
        (["x"], None),
    ],
)
def test_the_id_of_a_track(uri: object, expected: Ids | None) -> None:
    item = read_row(spotify_track_uri=uri)
    assert isinstance(item, Listen)
    assert item.track.ids == expected


@pytest.mark.parametrize("album", [None, "", " ", [], {}])
def test_no_album(album: object) -> None:
    item = read_row(master_metadata_album_album_name=album)
    assert isinstance(item, Listen)
    assert (item.track.album, item.track.album_artist) == (None, None)


def test_one_second_may_hold_two_plays() -> None:
    other = {**PLAY, "master_metadata_track_name": "Other"}
    assert [item.listened_at for item in read_rows(PLAY, other) if isinstance(item, Listen)] == [ENDED, ENDED]


@pytest.mark.parametrize("name", ["Streaming_History_Video_2018-2023.json", "endvideo.json", "x/ENDVIDEO.JSON"])
def test_videos_are_told_by_their_member(name: str) -> None:
    rows = [PLAY, {**PLAY, **NAMELESS, "episode_name": "E"}, {**PLAY, "ms_played": 5, "skipped": True}]
    items = list(read_export(io.BytesIO(zipped({f"MyData/{name}": json.dumps(rows).encode()}))))
    assert [item.reason for item in items if isinstance(item, Skipped)] == ["video", "podcast", "short_play"]


def test_the_archive_as_spotify_sends_it() -> None:
    folder = "Spotify Extended Streaming History"
    rows = [spotify_row(one) for one in listens(6)]
    content = zipped(
        {
            f"{folder}/ReadMeFirst_ExtendedStreamingHistory.pdf": b"%PDF-1.4",
            f"{folder}/Streaming_History_Audio_2014-2018_0.json": f"[{rows[0]},{rows[1]}]".encode(),
            f"{folder}/Streaming_History_Audio_2018_10.json": f"[{rows[4]}]".encode(),
            f"{folder}/Streaming_History_Audio_2018_2.json": f"[{rows[2]},{rows[3]}]".encode(),
            f"{folder}/Streaming_History_Video_2018.json": f"[{rows[5]}]".encode(),
            "__MACOSX/._Streaming_History_Audio_2014-2018_0.json": b"\0\5\x16\7",
        }
    )
    items = list(read_export(io.BytesIO(content)))
    assert [getattr(item, "listened_at", None) for item in items] == [one.listened_at for one in listens(5)] + [None]


def test_a_folder_of_old_and_new_files_among_others(tmp_path: Path) -> None:
    row = spotify_row(listens(1)[0])
    (tmp_path / "MyData").mkdir()
    (tmp_path / "MyData" / "endsong_0.json").write_text(f"[{row}]", "utf-8")
    (tmp_path / "renamed (1)").write_text(f"[{row}]", "utf-8")
    (tmp_path / "Playlist1.json").write_text('{"playlists": []}')
    (tmp_path / "holiday.png").write_bytes(b"\x89PNG")
    assert len(list(read_export(tmp_path))) == 2


@pytest.mark.parametrize("rows", [ACCOUNT_DATA, PODCAST_ACCOUNT_DATA])
@pytest.mark.parametrize("format_", [None, "spotify"])
def test_account_data_is_refused_with_what_to_ask_for(rows: object, format_: str | None) -> None:
    content = zipped({"Spotify Account Data/StreamingHistory_music_0.json": json.dumps(rows).encode()})
    with pytest.raises(DataFault, match=r"music_0\.json is Spotify's account data") as fault:
        list(read_export(io.BytesIO(content), format_))
    assert "extended streaming history" in fault.value.hint


@pytest.mark.parametrize("row", [17, None, "text", [17], {}, {"master_metadata_track_name": "T"}])
def test_rows_that_are_no_streams(row: object) -> None:
    (item,) = read_rows(row)
    assert isinstance(item, Skipped)
    assert (item.reason, item.row) == ("malformed_row", 2)

"""What people hand in by mistake is named, with the way to an export that can be read."""

import io
from pathlib import Path

import pytest

from producers.exports import open_export, sniff
from schemas.errors import DataFault
from tests.exports.kinds import listenbrainz_row, listens, zipped

PANO = (
    "timeHuman,timeMs,artist,track,album,albumArtist,durationMs,mediaPlayerPackage,mediaPlayerName,mediaPlayerVersion,"
    "event\n2023-11-14 22:18,1700000300000,Fern Lamp,Tide 1,Low Water,null,200000,com.x,X,1,scrobble\n"
)
WATCHED = '[{"header": "YouTube Music", "title": "Watched Tide 1", "titleUrl": "https://x", "products": ["YouTube"]}]'
DEEZER = "Song Title,Artist,ISRC,Album Title,IP Address,Listening Time,Platform Name,Platform Model,Date\n"


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (PANO, "is Pano Scrobbler's log as CSV", ".jsonl"),
        (PANO.replace(",", ";"), "is Pano Scrobbler's log as CSV", ".jsonl"),
        ("\ufeff" + PANO.upper(), "is Pano Scrobbler's log as CSV", ".jsonl"),
        ("# log\n1700000300:180000:200000:/Music/Tide 1.mp3\n", "is the playback log of Rockbox", ".scrobbler.log"),
        (WATCHED, "is the watch history of YouTube and YouTube Music", "ListenBrainz or Last.fm"),
        (DEEZER, "is the listening history of Deezer", "uts (the time), artist, album and track"),
        (DEEZER.replace(",", "\t"), "is the listening history of Deezer", "uts (the time), artist, album and track"),
        ("Artist;Name;Scrobbles;Rank\nA;B;3;1\n", "is a chart of lastfmstats.com", "Export the scrobbles there"),
        ("Song Name,Event End Timestamp,Play Duration Milliseconds\n", "what Apple Music played", "artist, album"),
        ("Shazam Library\nIndex,TagTime,Title,Artist,URL,TrackKey\n", "is a library of Shazam", ""),
        ("Track URI,Track Name,Artist Name(s),Album Name\n", "is a playlist of Spotify", "extended streaming history"),
    ],
)
def test_a_file_that_is_known_and_not_read(content: str, message: str, hint: str, tmp_path: Path) -> None:
    path = tmp_path / "handed in.csv"
    path.write_text(content)
    with pytest.raises(DataFault) as fault:
        sniff(path)
    assert fault.value.message.startswith(f"{path} is ")
    assert message in fault.value.message
    assert hint in fault.value.hint


@pytest.mark.parametrize("member", ["xl/workbook.xml", "META-INF/manifest.xml"])
def test_a_workbook(member: str, tmp_path: Path) -> None:
    workbook = zipped({"[Content_Types].xml": b"<Types/>", member: b"<x/>", "xl/worksheets/sheet1.xml": b"<x/>"})
    (tmp_path / "deezer-data.xlsx").write_bytes(workbook)
    with pytest.raises(DataFault, match=r"deezer-data\.xlsx is .*, which is not read") as fault:
        sniff(tmp_path / "deezer-data.xlsx")
    assert "as CSV" in fault.value.hint
    with pytest.raises(DataFault, match=r"^- is .*, which is not read"):
        sniff(io.BytesIO(workbook))
    (tmp_path / "plays.jsonl").write_text(listenbrainz_row(listens(1)[0]) + "\n")
    with open_export(tmp_path) as export:
        assert [(entry.name, entry.read) for entry in export.entries] == [
            ("deezer-data.xlsx", False),
            ("plays.jsonl", True),
        ]

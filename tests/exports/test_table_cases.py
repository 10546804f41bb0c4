"""Tables and logs that people handed in, each with what becomes of it."""

import io

import pytest
from msgspec.structs import replace

from producers.exports import open_export, read_export
from schemas.errors import DataFault
from schemas.listen import Listen, Skipped, Track

LOG = "#AUDIOSCROBBLER/1.1\n#TZ/UNKNOWN\n#CLIENT/Rockbox ipodvideo $Revision$\n"
COLUMNS = "#ARTIST\t#ALBUM\t#TITLE\t#TRACKNUM\t#LENGTH\t#RATING\t#TIMESTAMP\t#MUSICBRAINZ_TRACKID\n"
LOGGED = [f"Fern Lamp\tLow Water\tTide {n}\t{n}\t200\tL\t{1_700_000_000 + n * 300}\t\n" for n in (1, 2)]
HEADER = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"


def tide(
    number: int, *, title: str = "", album: str = "Low Water", of: str | None = None, length: int | None = None
) -> Listen:
    return Listen(1_700_000_000 + number * 300, Track(("Fern Lamp",), title or f"Tide {number}", album, of, length))


def read(text: str) -> list[Listen | str]:
    items: list[Listen | Skipped] = list(read_export(io.BytesIO(text.encode())))
    return [item.reason if isinstance(item, Skipped) else item for item in items]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            f'{HEADER}\r\n1700000300,"14 Nov 2023, 22:18",Fern Lamp,,Low Water,,Tide 1,\r\n'
            '1700000600,"14 Nov 2023, 22:18",Fern Lamp,,Low Water,,Tide 2\r\n'
            '1700000900,"14 Nov 2023, 22:18",Fern Lamp,,Low Water,,Tide 3\r\n',
            [tide(1), tide(2), tide(3)],
            id="a spreadsheet dropped the last cells where they were empty",
        ),
        pytest.param(
            f'{HEADER}\n1700000300.0,"14 Nov 2023, 22:18",Fern Lamp,,Low Water,,Tide 1,\n'
            '1700000600.0,"14 Nov 2023, 22:23",Fern Lamp,,Low Water,,Tide 2,\n',
            [tide(1), tide(2)],
            id="seconds as floats",
        ),
        pytest.param(
            'Fern Lamp,"Heroes","Heroes" (Live),14 Nov 2023 22:18\n'
            'Fern Lamp,Low Water,The "Best" Tide,14 Nov 2023 22:23\n',
            [
                replace(tide(1, album='"Heroes"', title='"Heroes" (Live)'), listened_at=1_700_000_280),
                replace(tide(2, title='The "Best" Tide'), listened_at=1_700_000_580),
            ],
            id="quotes that nobody escaped",
        ),
        pytest.param(
            "\ufeffArtist;Album;AlbumId;Track;Date#someone\n"
            '"Fern Lamp";"Low Water";"";"Tide 1";"1700000300000"\n"Fern Lamp";"Low Water";"";"Tide 2";"1700000600000"',
            [tide(1), tide(2)],
            id="lastfmstats",
        ),
        pytest.param(
            LOG + COLUMNS + "".join(LOGGED),
            [tide(1, length=200_000), tide(2, length=200_000)],
            id="the names of the columns in a log",
        ),
        pytest.param(
            LOG + COLUMNS + "\ufeff" + "".join(LOGGED),
            [tide(1, length=200_000), tide(2, length=200_000)],
            id="a byte order mark in an artist",
        ),
        pytest.param(
            LOG + "".join(LOGGED) + "\0" * 512,
            [tide(1, length=200_000), tide(2, length=200_000), "malformed_row"],
            id="NULs where the power was lost",
        ),
        pytest.param(
            LOG + LOGGED[0] + LOGGED[1][:30] + "\0" * 512,
            [tide(1, length=200_000), "malformed_row"],
            id="NULs in the middle of a row",
        ),
        pytest.param(
            LOG + LOGGED[0] + "\0" * 512 + LOGGED[1],
            [tide(1, length=200_000), tide(2, length=200_000)],
            id="NULs between two rows",
        ),
        pytest.param(
            LOG + "# FAILED - /Music/x.mp3\n#\n#\tnote\n" + LOGGED[0] + "#" + LOGGED[1],
            [tide(1, length=200_000), "not_a_play"],
            id="every comment of a log",
        ),
        pytest.param(
            (LOG + "".join(LOGGED)).replace("\n", "\r"),
            [tide(1, length=200_000), tide(2, length=200_000)],
            id="a log from an old Mac",
        ),
        pytest.param(
            LOGGED[0].replace("\n", "\tVarious\n") + LOGGED[1].replace("\t\n", "\tVarious\n") + LOGGED[0][:-2] + "\n",
            [tide(1, length=200_000, of="Various"), tide(2, length=200_000, of="Various"), tide(1, length=200_000)],
            id="Audacious",
        ),
        pytest.param(
            LOG + LOGGED[0].replace("\n", "\t\t\t\n") + LOGGED[1].replace("\n", "\t\t\tx\n"),
            [tide(1, length=200_000), "malformed_row"],
            id="more cells than a log has",
        ),
        pytest.param(
            LOG + LOGGED[0].replace("Fern Lamp", "<UNTAGGED>") + LOGGED[1].replace("Low Water", "<Untagged>"),
            ["missing_artist", Listen(1_700_000_600, Track(("Fern Lamp",), "Tide 2", None, None, 200_000))],
            id="nobody named",
        ),
        pytest.param(
            LOG + LOGGED[0].replace("\tL\t1700000300", "\tL\t1700000300.0"),
            [tide(1, length=200_000)],
            id="seconds as floats in a log",
        ),
    ],
)
def test_what_becomes_of_it(text: str, expected: list[Listen | str]) -> None:
    assert read(text) == expected


def test_a_log_with_a_row_that_is_no_utf_8() -> None:
    content = (LOG + "".join(LOGGED)).encode().replace(b"Tide 1", b"T\x81\x8d")
    items = list(read_export(io.BytesIO(content)))
    assert [getattr(item, "reason", item) for item in items] == ["malformed_row", tide(2, length=200_000)]


@pytest.mark.parametrize(
    "text",
    [
        "uts,utc_time,artist,artist_mbid,track,track_mbid\n1700000300,,Fern Lamp,,Tide 1,\n",
        "uts;artist;track\r\n1700000300;Fern Lamp;Tide 1\r\n",
    ],
)
@pytest.mark.parametrize("named", [None, "lastfm-csv"])
def test_loved_tracks_are_refused(text: str, named: str | None) -> None:
    with pytest.raises(DataFault) as fault, open_export(io.BytesIO(text.encode()), named):
        pass
    assert fault.value.message == "- holds Last.fm's loved tracks, which are no plays"
    assert "recent tracks" in fault.value.hint

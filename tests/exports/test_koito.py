import io
import json
from typing import Any

import pytest

from producers.exports import Alias, open_export, read_export
from producers.exports.alias import AlbumName, ArtistName, TrackName
from schemas.listen import Ids, Listen, Skipped, Track

MBID = "0da51a07-6e60-4ea0-9c2a-000000000001"
OTHER_MBID = "0da51a07-6e60-4ea0-9c2a-000000000002"


def document(*rows: object) -> io.BytesIO:
    return io.BytesIO(json.dumps({"version": "1", "exported_at": "x", "user": "me", "listens": rows}).encode())


def names(*aliases: str, primary: int = 0) -> list[dict[str, object]]:
    return [
        {"alias": alias, "source": "Manual", "is_primary": number == primary, "id": number}
        for number, alias in enumerate(aliases)
    ]


def artist(*aliases: str, primary: bool = False, mbid: object = None) -> dict[str, object]:
    return {"image_url": "User Upload", "mbid": mbid, "is_primary": primary, "aliases": names(*aliases)}


def row(*artists: dict[str, object], title: object = None, album: object = None, **changed: object) -> dict[str, Any]:
    return {
        "listened_at": "2024-01-02T03:04:05Z",
        "track": {"mbid": None, "duration": 200, "aliases": names("Tune") if title is None else title},
        "album": {"image_url": "", "mbid": None, "aliases": names("LP"), "various_artists": False, **(album or {})},  # type: ignore[dict-item]
        "artists": list(artists) or [artist("Band")],
        **changed,
    }


def read_row(given: object) -> Listen | Skipped:
    (item,) = read_export(document(given))
    return item


def track(given: object) -> Track:
    item = read_row(given)
    assert isinstance(item, Listen), item
    return item.track


def aliases(*rows: object) -> set[Alias]:
    found: set[Alias] = set()
    with open_export(document(*rows), aliases=found) as export:
        assert all(isinstance(item, Listen) for item in export.rows)
    return found


def test_the_sample_of_the_format() -> None:
    sample = (
        '{"version":"1","exported_at":"2026-01-01T00:00:00Z","user":"me","listens":['
        '{"listened_at":"2024-01-02T03:04:05Z","client":"x","track":{"mbid":null,"duration":200,"aliases":'
        '[{"alias":"Tune","source":"Canonical","is_primary":true}]},"album":{"image_url":"","mbid":null,"aliases":'
        '[{"alias":"LP","source":"Canonical","is_primary":true}],"various_artists":false},"artists":[{"image_url":'
        '"User Upload","mbid":null,"is_primary":false,"aliases":[{"alias":"Band","source":"Canonical",'
        '"is_primary":true}]}]}]}'
    )
    expected = Listen(1_704_164_645, Track(("Band",), "Tune", "LP", duration_ms=200_000))
    assert list(read_export(io.BytesIO(sample.encode()))) == [expected]


def test_the_name_is_the_primary_alias_wherever_it_stands() -> None:
    assert track(row(title=names("Other", "Tune", primary=1))).title == "Tune"
    assert track(row(title=names("First", "Second", primary=9))).title == "First"
    assert track(row(title=names(" ", "Second"))).title == "Second"


@pytest.mark.parametrize(
    ("artists", "expected"),
    [
        ([artist("A"), artist("B")], ("A", "B")),
        ([artist("B"), artist("A", primary=True)], ("A", "B")),
        ([artist("B"), artist("A", primary=True), artist("C", primary=True)], ("A", "C", "B")),
        ([artist("A"), artist("a")], ("A",)),
        ([artist(), artist("B")], ("B",)),
        ([artist("A • B"), artist("C")], ("A", "B", "C")),
        (["odd", None, artist("A")], ("A",)),
    ],
)
def test_the_primary_artist_is_the_marked_one_else_the_first(artists: list[Any], expected: tuple[str, ...]) -> None:
    assert track(row(*artists)).artists == expected


@pytest.mark.parametrize("duration", [0, None, "", -1, [], False])
def test_a_length_of_zero_is_none(duration: object) -> None:
    assert track(row(track={"duration": duration, "aliases": names("Tune")})).duration_ms is None


def test_albums() -> None:
    assert track(row(album={"aliases": []})).album is None
    assert track(row(album={"aliases": None})).album is None
    assert track({**row(), "album": None}).album is None
    various = track(row(album={"various_artists": True}))
    assert (various.album, various.album_artist) == ("LP", "Various Artists")
    assert track(row(album={"various_artists": True, "aliases": []})).album_artist is None


def test_only_an_album_that_says_of_itself_that_it_is_invented_is_none() -> None:
    single = row(album={"aliases": names("Tune")})
    assert track(single).title == track(single).album
    single["album"]["invented"] = True
    assert track(single).album is None
    assert track({**single, "artists": [None, *single["artists"]]}).album is None


def test_ids_come_along_and_empty_ones_are_none() -> None:
    given = row(
        artist("A", mbid=None), artist("B", mbid=OTHER_MBID), artist("C & D feat. E", mbid=MBID), album={"mbid": MBID}
    )
    given["track"]["mbid"] = MBID.upper()
    found = track(given)
    assert found.artists == ("A", "B", "C & D", "E")
    assert found.ids == Ids(MBID, release_mbid=MBID, artist_mbids=("", OTHER_MBID, "", ""))
    nothing = row(artist("A", mbid=""), album={"mbid": "nonsense"})
    nothing["track"]["mbid"] = ""
    assert track(nothing).ids is None
    assert track(row(album={"mbid": MBID, "aliases": []})).ids is None


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2024-01-02T03:04:05.999Z", 1_704_164_645),
        ("2024-01-02T05:04:05+02:00", 1_704_164_645),
        ("1970-01-01T00:00:00Z", "too_early"),
        ("2124-01-02T03:04:05Z", "too_late"),
        ("yesterday", "bad_time"),
        ("", "bad_time"),
        (None, "bad_time"),
    ],
)
def test_times(when: object, expected: object) -> None:
    item = read_row(row(listened_at=when))
    assert (item.listened_at if isinstance(item, Listen) else item.reason) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, "malformed_row"),
        ({}, "malformed_row"),
        (row(track="Tune"), "malformed_row"),
        (row(artists=None), "missing_artist"),
        (row(artists=[]), "missing_artist"),
        (row(artist(" ")), "missing_artist"),
        (row(title=[]), "missing_title"),
        (row(title=[{"alias": None}, "Tune", {}]), "missing_title"),
        (row(title=names("T" * 1_001)), "too_long"),
        (row(artist("A" * 1_001)), "too_long"),
    ],
)
def test_rows_that_are_refused(given: object, expected: str) -> None:
    item = read_row(given)
    assert isinstance(item, Skipped)
    assert item.reason == expected


def test_an_export_without_clients_and_one_without_listens() -> None:
    assert list(read_export(document())) == []
    without = row()
    without.pop("client", None)
    assert isinstance(read_row(without), Listen)


def test_other_names_are_passed_on_beside_the_rows() -> None:
    given = row(
        artist("ヨルシカ", "Yorushika", "YORUSHIKA "),
        artist("Guest", "The Guest"),
        title=names("だから僕は", "Dakara boku wa", "T" * 1_001, primary=0),
        album={"aliases": names("盗作", "Plagiarism")},
    )
    here = TrackName("ヨルシカ", "だから僕は", "盗作")
    expected = {
        Alias(ArtistName("Yorushika"), ArtistName("ヨルシカ")),
        Alias(ArtistName("The Guest"), ArtistName("Guest")),
        Alias(AlbumName("ヨルシカ", "Plagiarism"), AlbumName("ヨルシカ", "盗作")),
        Alias(here._replace(title="Dakara boku wa"), here),
    }
    assert aliases(given, given) == expected
    # A second export in this process says it again.
    assert aliases(given) == expected


def test_names_on_an_album_of_many_artists_are_those_of_that_album() -> None:
    given = row(title=names("Tune", "Chune"), album={"various_artists": True, "aliases": names("Best of", "Best")})
    here = TrackName("Band", "Tune", "Best of", "Various Artists")
    assert aliases(given) == {
        Alias(AlbumName("Various Artists", "Best"), AlbumName("Various Artists", "Best of")),
        Alias(here._replace(title="Chune"), here),
    }


def test_other_spellings_of_the_same_name_are_no_aliases() -> None:
    assert aliases(row(artist("Band", "BAND", " band"), title=names("Tune", "TUNE"))) == set()

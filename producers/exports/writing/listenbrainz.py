"""ListenBrainz: JSON lines, as its own importer takes them."""

import msgspec

from producers.exports.writing.writer import Others, Writer
from schemas.listen import Ids, Track

_encode = msgspec.json.Encoder().encode


def _track(track: Track, _: Others) -> bytes:
    """All of a row but its time and what was played of it: the last object in it, `additional_info`, is left open."""
    info: dict[str, object] = {"artist_names": track.artists, "submission_client": "scrobble-stream"}
    if track.duration_ms:
        info["duration_ms"] = track.duration_ms
    if track.album_artist:
        info["release_artist_name"] = track.album_artist
    metadata: dict[str, object] = {"track_name": track.title, "artist_name": ", ".join(track.artists)}
    if track.album:
        metadata["release_name"] = track.album
    metadata["mbid_mapping"] = _mbids(track.mapped_ids) if track.mapped_ids else None
    if track.ids:
        info |= _mbids(track.ids)
        info |= {"isrc": track.ids.isrc} if track.ids.isrc else {}
        info |= (
            {"spotify_id": f"https://open.spotify.com/track/{track.ids.spotify_track}"}
            if track.ids.spotify_track
            else {}
        )
    return _encode(metadata)[:-1] + b',"additional_info":' + _encode(info)[:-1]


def _mbids(ids: Ids) -> dict[str, object]:
    found: dict[str, object] = {
        name: value
        for name in ("recording_mbid", "release_mbid", "release_group_mbid")
        if (value := getattr(ids, name))
    }
    # ListenBrainz drops empty ones from the list, and then nobody knows whose the others are.
    return found | ({"artist_mbids": ids.artist_mbids} if ids.artist_mbids and all(ids.artist_mbids) else {})


def _play(listened_at: int, track: bytes, played_ms: int | None) -> bytes:
    played = b"" if played_ms is None else b',"ms_played":%d' % played_ms
    return b'{"listened_at":%d,"track_metadata":%b%b}}}\n' % (listened_at, track, played)


WRITER = Writer(lambda *_: b"", _track, _play)

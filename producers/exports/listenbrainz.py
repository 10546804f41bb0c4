"""ListenBrainz: the archive of monthly JSON lines, such a folder unpacked, one such file, and the older JSON array.

Also saved answers of its API, {"payload": {"listens": [row, …]}}, and what players submit, {"payload": [row, …]}.

row: {"listened_at": s, "track_metadata": {"artist_name", "track_name", "release_name", "additional_info": {...} | null,
"mbid_mapping": {...} | null}}. What the person's player submitted is what is stored. The mapping is ListenBrainz's
guess at it, seen to be wrong. Its ids are passed on as such; of its names only one thing is used: where they agree with
the submitted artist letter for letter, they tell where one artist ends and the next begins.

A play that names no album has none, also where it has the id of a release: what that is called nobody said, and a title
made up would be an album of its own for ever. The id is in the message all the same. Ids that Last.fm gave (lastfm_*)
are not MusicBrainz's.
"""

from collections.abc import Iterator
from typing import TypeAlias

from producers.exports.credits import credited
from producers.exports.foreign import ids, isrc, mbid, mbids_of, spotify_track
from producers.exports.json_rows import json_rows
from producers.exports.listenbrainz_row import Credit, Info, Metadata, Row, tidied
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head, in_rows
from producers.exports.rows import Scalar, epoch_seconds, make_track, milliseconds, outcomes
from schemas.identity import normalise
from schemas.listen import Ids, Listen, Skipped, Track

_SECOND = 1_000
_SubmittedIds: TypeAlias = tuple[str | None, str | None, str | None, str | None, str | None, tuple[str, ...] | None]
_MappedIds: TypeAlias = tuple[str | None, str | None, str | None, tuple[str, ...] | None]
_NOTHING = Info()
_AROUND = ("payload", "listens")


def recognises(head: Head) -> bool:
    """Rows with a time and metadata; pins have no `listened_at`, feedback has neither."""
    return in_rows(head.outline, *_AROUND) >= {"listened_at", "track_metadata"} or "payload.listens" in head.outline


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row, numbered from 1. Raises DataFault where the JSON ends or breaks."""
    return outcomes(source, json_rows(source, *_AROUND, row=Row), _listen)


def _listen(row: object, rules: Rules) -> Listen:
    if not isinstance(row, Row):
        return _listen(tidied(row, rules), rules)
    listened_at = epoch_seconds(row.listened_at, rules)
    metadata = row.track_metadata
    info, mapping = metadata.additional_info or _NOTHING, metadata.mbid_mapping
    track = _track(
        _submitted_artists(metadata, info),
        metadata.track_name,
        metadata.release_name,
        info.release_artist_names or info.release_artist_name,
        info.duration_ms,
        info.duration,
        (
            info.recording_mbid,
            info.isrc,
            info.spotify_id,
            info.release_mbid,
            info.release_group_mbid,
            info.artist_mbids,
        ),
        None
        if mapping is None
        else (mapping.recording_mbid, mapping.release_mbid, mapping.release_group_mbid, mapping.artist_mbids),
    )
    if info.ms_played is None and info.duration_played is None:
        return Listen(listened_at, track)
    return Listen(listened_at, track, milliseconds(info.ms_played) or milliseconds(info.duration_played, _SECOND))


def _submitted_artists(metadata: Metadata, info: Info) -> tuple[str, ...]:
    if info.artist_names and any(map(str.strip, info.artist_names)):
        return info.artist_names
    if metadata.artist_name is None:
        return ()
    mapped = metadata.mbid_mapping.artists if metadata.mbid_mapping else None
    return (mapped and _split_as_mapped(metadata.artist_name, mapped)) or (metadata.artist_name,)


def _split_as_mapped(submitted: str, mapped: tuple[Credit, ...]) -> tuple[str, ...]:
    """The pieces of `submitted` if the mapped names and what joins them spell it, whatever the case; else nothing."""
    names, at = [], 0
    for credit in mapped:
        name, joiner = credit.artist_credit_name, credit.join_phrase or ""
        piece, between = submitted[at : at + len(name)], submitted[at + len(name) :][: len(joiner)]
        if normalise(piece) != normalise(name) or between.casefold() != joiner.casefold():
            return ()
        names.append(piece)
        at += len(piece) + len(between)
    return tuple(names) if at == len(submitted) else ()


def _track(
    artists: tuple[str, ...],
    title: str | None,
    album: str | None,
    album_artists: tuple[str, ...] | str | None,
    duration_ms: Scalar,
    duration: Scalar,
    submitted: _SubmittedIds,
    mapped: _MappedIds | None,
) -> Track:
    of_album = credited((album_artists,) if isinstance(album_artists, str) else album_artists or ())
    everyone = credited(artists, title or "")
    # Guests come last, so only names that need no splitting, or one that holds all, stand in the order of the ids.
    in_order = everyone if len(artists) in {1, len(everyone)} else ()
    return make_track(
        everyone,
        title,
        album,
        of_album[0] if of_album else None,
        milliseconds(duration_ms) or milliseconds(duration, _SECOND),
        _submitted_ids(in_order, *submitted),
        _mapped_ids(in_order, *mapped) if mapped else None,
    )


def _submitted_ids(
    artists: tuple[str, ...],
    recording: str | None,
    code: str | None,
    spotify: str | None,
    release: str | None,
    release_group: str | None,
    of_artists: tuple[str, ...] | None,
) -> Ids | None:
    return ids(
        mbid(recording),
        isrc(code),
        spotify_track(spotify),
        mbid(release),
        mbid(release_group),
        mbids_of(artists, of_artists),
    )


def _mapped_ids(
    artists: tuple[str, ...],
    recording: str | None,
    release: str | None,
    release_group: str | None,
    of_artists: tuple[str, ...] | None,
) -> Ids | None:
    return ids(
        mbid(recording),
        release_mbid=mbid(release),
        release_group_mbid=mbid(release_group),
        artist_mbids=mbids_of(artists, of_artists),
    )

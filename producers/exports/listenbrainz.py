"""ListenBrainz: the archive of monthly JSON lines, such a folder unpacked, one such file, and the older JSON array.

row: {"listened_at": s, "track_metadata": {"artist_name", "track_name", "release_name", "additional_info": {...} | null,
"mbid_mapping": {...} | null}}. What the person's player submitted is what is stored. The mapping is ListenBrainz's
guess at it, seen to be wrong, and is used for one thing only: where it agrees with the submitted artist letter for
letter, it tells where one artist ends and the next begins.
"""

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from producers.exports.credits import credited
from producers.exports.documents import document_rows
from producers.exports.lines import lines, tolerant_decode
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head
from producers.exports.rows import (
    Refused,
    Scalar,
    epoch_seconds,
    make_track,
    milliseconds,
    outcomes,
    scalar,
    strings,
    text,
)
from schemas.identity import normalise
from schemas.listen import Listen, Skipped, Track

_SECOND = 1_000


class _Info(msgspec.Struct):
    artist_names: tuple[str, ...] | None = None
    duration_ms: Scalar = None
    duration: Scalar = None
    ms_played: Scalar = None
    duration_played: Scalar = None
    release_artist_names: tuple[str, ...] | None = None
    release_artist_name: str | None = None


class _Credit(msgspec.Struct):
    artist_credit_name: str
    join_phrase: str | None = None


class _Mapping(msgspec.Struct):
    artists: tuple[_Credit, ...] | None = None


class _Metadata(msgspec.Struct):
    artist_name: str | None = None
    track_name: str | None = None
    release_name: str | None = None
    additional_info: _Info | None = None
    mbid_mapping: _Mapping | None = None


class _Row(msgspec.Struct):
    """A row as ListenBrainz writes it; `_tidied` makes one of what others have made of such rows."""

    track_metadata: _Metadata
    listened_at: int | float


_OBJECTS = ("additional_info", "mbid_mapping")
_NOTHING = _Info()
_decode = msgspec.json.Decoder(_Row).decode


def recognises(head: Head) -> bool:
    """Rows with a time and metadata; pins have no `listened_at`, feedback has neither."""
    return any({f"{row}listened_at", f"{row}track_metadata"} <= head.outline for row in ("", "item."))


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per row, numbered by line, or from 1 in an array; blank lines are no rows.

    Raises DataFault where an array ends or breaks, or the last line is cut off.
    """
    if source.stream.peek().lstrip().startswith(b"["):
        return outcomes(source, document_rows(source, row=_Row), _listen)
    return outcomes(source, lines(source), _listen_in_line)


def _listen_in_line(line: bytes | None, rules: Rules) -> Listen:
    if line is None:
        raise Refused("malformed_row")
    try:
        return _listen(_decode(line), rules)
    except (ValueError, RecursionError):
        return _listen(tolerant_decode(line), rules)


def _listen(row: object, rules: Rules) -> Listen:
    if not isinstance(row, _Row):
        return _listen(_tidied(row, rules), rules)
    listened_at = epoch_seconds(row.listened_at, rules)
    metadata = row.track_metadata
    info = metadata.additional_info or _NOTHING
    track = _track(
        _submitted_artists(metadata, info),
        metadata.track_name,
        metadata.release_name,
        info.release_artist_names or info.release_artist_name,
        info.duration_ms,
        info.duration,
    )
    if info.ms_played is None and info.duration_played is None:
        return Listen(listened_at, track)
    return Listen(listened_at, track, milliseconds(info.ms_played) or milliseconds(info.duration_played, _SECOND))


def _submitted_artists(metadata: _Metadata, info: _Info) -> tuple[str, ...]:
    if info.artist_names and any(map(str.strip, info.artist_names)):
        return info.artist_names
    if metadata.artist_name is None:
        return ()
    mapped = metadata.mbid_mapping.artists if metadata.mbid_mapping else None
    return (mapped and _split_as_mapped(metadata.artist_name, mapped)) or (metadata.artist_name,)


def _split_as_mapped(submitted: str, mapped: tuple[_Credit, ...]) -> tuple[str, ...]:
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


# A library repeats its tracks: making each row's anew takes three times as long.
@lru_cache(maxsize=16_384)
def _track(
    artists: tuple[str, ...],
    title: str | None,
    album: str | None,
    album_artists: tuple[str, ...] | str | None,
    duration_ms: Scalar,
    duration: Scalar,
) -> Track:
    of_album = credited((album_artists,) if isinstance(album_artists, str) else album_artists or ())
    length = milliseconds(duration_ms) or milliseconds(duration, _SECOND)
    return make_track(credited(artists, title or ""), title, album, of_album[0] if of_album else None, length)


def _tidied(row: object, rules: Rules) -> _Row:
    if not isinstance(row, dict) or not isinstance(metadata := row.get("track_metadata"), dict):
        raise Refused("malformed_row")
    info, mapping = (found if isinstance(found := metadata.get(name), dict) else {} for name in _OBJECTS)
    kept = _Info(
        strings(info.get("artist_names")),
        scalar(info.get("duration_ms")),
        scalar(info.get("duration")),
        scalar(info.get("ms_played")),
        scalar(info.get("duration_played")),
        strings(info.get("release_artist_names")),
        text(info.get("release_artist_name")),
    )
    artist, title, album = (text(metadata.get(name)) for name in ("artist_name", "track_name", "release_name"))
    listened_at = epoch_seconds(row.get("listened_at"), rules)
    return _Row(_Metadata(artist, title, album, kept, _Mapping(_credits(mapping.get("artists")))), listened_at)


def _credits(mapped: object) -> tuple[_Credit, ...] | None:
    try:
        return msgspec.convert(mapped, tuple[_Credit, ...])
    except msgspec.ValidationError:
        return None

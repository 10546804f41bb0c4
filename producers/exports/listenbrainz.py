"""ListenBrainz: the archive of monthly JSON lines, such a folder unpacked, one such file, and the older JSON array.

row: {"listened_at": s, "track_metadata": {"artist_name", "track_name", "release_name", "additional_info": {...} | null,
"mbid_mapping": {...} | null}}. What the person's player submitted is what is stored. The mapping is ListenBrainz's
guess at it, seen to be wrong, and is used for one thing only: where it agrees with the submitted artist letter for
letter, it tells where one artist ends and the next begins.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from producers.exports.credits import credited
from producers.exports.documents import document_rows
from producers.exports.lines import lines, tolerant_decode
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head
from producers.exports.rows import Refused, epoch_seconds, make_track, milliseconds, outcomes, strings
from schemas.identity import normalise
from schemas.listen import Listen, Skipped, Track

_SECOND = 1_000


class _Info(msgspec.Struct):
    artist_names: Any = None
    duration_ms: Any = None
    duration: Any = None
    ms_played: Any = None
    duration_played: Any = None
    release_artist_names: Any = None
    release_artist_name: Any = None


class _Mapping(msgspec.Struct):
    artists: Any = None


class _Metadata(msgspec.Struct):
    artist_name: Any = None
    track_name: Any = None
    release_name: Any = None
    additional_info: _Info | None = None
    mbid_mapping: _Mapping | None = None


class _Row(msgspec.Struct):
    track_metadata: _Metadata
    listened_at: Any = None


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
        return outcomes(source, document_rows(source), _listen_in_array)
    return outcomes(source, lines(source), _listen_in_line)


def _listen_in_array(row: object, rules: Rules) -> Listen:
    return _listen(_tidied(row), rules)


def _listen_in_line(line: bytes | None, rules: Rules) -> Listen:
    if line is None:
        raise Refused("malformed_row")
    try:
        row = _decode(line)
    except (ValueError, RecursionError):
        row = _tidied(tolerant_decode(line))
    return _listen(row, rules)


def _tidied(row: object) -> _Row:
    """The row without what is odd but does not matter, such as additional information that is no object."""
    if not isinstance(row, dict) or not isinstance(metadata := row.get("track_metadata"), dict):
        raise Refused("malformed_row")
    objects = {key: value for key, value in metadata.items() if isinstance(value, dict)}
    kept = {**metadata, "additional_info": objects.get("additional_info"), "mbid_mapping": objects.get("mbid_mapping")}
    return msgspec.convert({"listened_at": row.get("listened_at"), "track_metadata": kept}, _Row)


def _listen(row: _Row, rules: Rules) -> Listen:
    listened_at = epoch_seconds(row.listened_at, rules)
    metadata = row.track_metadata
    info = metadata.additional_info or _NOTHING
    title, album = metadata.track_name, metadata.release_name
    track = _track(
        _submitted_artists(metadata, info),
        title if isinstance(title, str) else "",
        album if isinstance(album, str) else "",
        strings(info.release_artist_names) or strings(info.release_artist_name),
        milliseconds(info.duration_ms) or milliseconds(info.duration, _SECOND),
    )
    return Listen(listened_at, track, milliseconds(info.ms_played) or milliseconds(info.duration_played, _SECOND))


def _submitted_artists(metadata: _Metadata, info: _Info) -> tuple[str, ...]:
    listed = strings(info.artist_names) if info.artist_names else ()
    if any(map(str.strip, listed)) or not isinstance(metadata.artist_name, str):
        return listed
    mapped = metadata.mbid_mapping.artists if metadata.mbid_mapping else None
    return _split_as_mapped(metadata.artist_name, mapped) or (metadata.artist_name,)


def _split_as_mapped(text: str, mapped: object) -> tuple[str, ...]:
    """The pieces of `text` if the mapped names and what joins them spell it, whatever the case; else nothing."""
    names, at = [], 0
    for credit in mapped if isinstance(mapped, list) else []:
        if not isinstance(credit, dict):
            return ()
        name, joiner = credit.get("artist_credit_name"), credit.get("join_phrase") or ""
        if not isinstance(name, str) or not isinstance(joiner, str):
            return ()
        piece, between = text[at : at + len(name)], text[at + len(name) :][: len(joiner)]
        if normalise(piece) != normalise(name) or between.casefold() != joiner.casefold():
            return ()
        names.append(piece)
        at += len(piece) + len(between)
    return tuple(names) if at == len(text) else ()


# A library repeats its tracks: making each row's anew takes three times as long.
@lru_cache(maxsize=16_384)
def _track(
    artists: tuple[str, ...], title: str, album: str, album_artists: tuple[str, ...], duration_ms: int | None
) -> Track:
    of_album = credited(album_artists)
    return make_track(credited(artists, title), title, album, of_album[0] if of_album else None, duration_ms)

"""Our own: JSON lines that hold everything, for moving to another database and for other programs to write.

{"scrobbles_export": 1, "user": "me"}                                     first, if at all
{"listened_at": s, "track": {…}, "played_ms": ms}                         one play
{"artist": {"name"}, "same_as": {"name"}}                                 another name of an artist
{"album": {"artist", "title"}, "same_as": {…}}                            of an album
{"track": {"artist", "title", "album", "album_artist"}, "same_as": {…}}   of a track

The track of a play is schemas.listen.Track, as in a message, with its ids. Nothing is read into its names: who is
credited was decided when the play was first stored.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from producers.exports.alias import AlbumName, Alias, ArtistName, EntityName, TrackName
from producers.exports.json_rows import json_rows
from producers.exports.opened import Opened, Rules
from producers.exports.outline import Head, in_rows
from producers.exports.rows import Refused, clean, epoch_seconds, make_track, milliseconds, names_of, outcomes
from schemas.errors import DataFault
from schemas.listen import MAX_ARTISTS, Ids, Listen, Skipped, Track

VERSION = 1
HEADER = "scrobbles_export"
_NAMES: dict[str, type[EntityName]] = {"artist": ArtistName, "album": AlbumName, "track": TrackName}


class _Line(msgspec.Struct, gc=False):
    listened_at: Any = None
    track: Any = None
    played_ms: Any = None
    artist: Any = None
    album: Any = None
    same_as: Any = None
    scrobbles_export: Any = None


def recognises(head: Head) -> bool:
    """The header, or rows with a time and a track."""
    seen = in_rows(head.outline)
    return HEADER in seen or seen >= {"listened_at", "track.artists", "track.title"}


def read(source: Opened) -> Iterator[Listen | Skipped]:
    """One item per play, numbered by line. Raises DataFault where the JSON ends or breaks, or for a later version."""
    return outcomes(source, _plays(source), _listen)


def _plays(source: Opened) -> Iterator[tuple[int, object]]:
    for number, row in json_rows(source, row=_Line):
        line = row if isinstance(row, _Line) else _line_of(row)
        if line is None or line.listened_at is not None or not _is_other(source, line):
            yield number, row if line is None else line


def _line_of(row: object) -> _Line | None:
    return _Line(**{key: row[key] for key in _Line.__struct_fields__ if key in row}) if isinstance(row, dict) else None


def _is_other(source: Opened, line: _Line) -> bool:
    """Whether a line is none of a play: the header, or another name, which is passed on."""
    if line.scrobbles_export is not None:
        if line.scrobbles_export != VERSION:
            version = line.scrobbles_export
            raise DataFault(f"{source.label} has version {version}, not {VERSION}", "Update scrobble-stream.")
        return True
    alias = _alias(line)
    if alias and source.aliases is not None:
        source.aliases.add(alias)
    return alias is not None


def _alias(line: _Line) -> Alias | None:
    for key, kind in _NAMES.items():
        if isinstance(given := getattr(line, key), dict):
            written, stands_for = _name(kind, given), _name(kind, line.same_as)
            return Alias(written, stands_for) if written and stands_for else None
    return None


def _name(kind: type[EntityName], given: object) -> EntityName | None:
    if not isinstance(given, dict):
        return None
    try:
        parts = {field: clean(given.get(field)) for field in kind._fields}
    except Refused:
        return None
    required = (part for field, part in parts.items() if field not in kind._field_defaults)
    return kind(**parts) if all(required) else None


def _listen(play: object, rules: Rules) -> Listen:
    if not isinstance(play, _Line) or not isinstance(play.track, dict):
        raise Refused("malformed_row")
    listened_at = epoch_seconds(play.listened_at, rules)
    return Listen(listened_at, _made(play.track), milliseconds(play.played_ms))


def _made(given: dict[str, object]) -> Track:
    artists = tuple(filter(None, map(clean, names_of(given.get("artists")))))[:MAX_ARTISTS]
    return make_track(
        artists,
        given.get("title"),
        given.get("album"),
        clean(given.get("album_artist")) or None,
        milliseconds(given.get("duration_ms")),
        _ids(given.get("ids")),
        _ids(given.get("mapped_ids")),
    )


def _ids(given: object) -> Ids | None:
    if given is None:
        return None
    try:
        known = msgspec.convert(given, Ids)
        msgspec.json.encode(known)
    except (msgspec.ValidationError, UnicodeEncodeError):  # the latter of a lone surrogate, which no message can hold
        return None
    return known

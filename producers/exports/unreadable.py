"""What people hand in by mistake: files that are known and hold no plays, or not so that they can be read.

Each is told by the names of its columns or keys, and said together with the way to an export that can be read.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from producers.exports.entries import Unread
from producers.exports.layouts import layout, named_columns
from producers.exports.outline import Outline


class _Known(NamedTuple):
    """A file that has all these columns, or all these paths of keys."""

    names: frozenset[str]
    reason: str
    hint: str


_AS_TABLE = "A table can be imported once its columns are called uts (the time), artist, album and track."
_EXTENDED = "Ask for the extended streaming history at spotify.com/account/privacy."
_TABLES = (
    _Known(
        frozenset({"timems", "artist", "track", "mediaplayerpackage"}),
        "it is Pano Scrobbler's log as CSV, which does not tell a missing name from one that is called null",
        "Export the log from Pano Scrobbler again, as .jsonl, and import that.",
    ),
    _Known(
        frozenset({"name", "scrobbles", "rank"}),
        "it is a chart of lastfmstats.com: it counts plays and does not tell when they were",
        "Export the scrobbles there (Artist;Album;AlbumId;Track;Date).",
    ),
    _Known(
        frozenset({"play duration milliseconds"}),
        "it is a table of what Apple Music played, which does not name the artist of every row",
        _AS_TABLE,
    ),
    _Known(
        frozenset({"song title", "artist", "listening time"}),
        "it is the listening history of Deezer, which is not read",
        _AS_TABLE,
    ),
    _Known(
        frozenset({"tagtime", "title", "trackkey"}),
        "it is a library of Shazam: what was recognised, not what was played",
        "",
    ),
    _Known(frozenset({"track name", "artist name(s)"}), "it is a playlist of Spotify, which holds no plays", _EXTENDED),
)
_DOCUMENTS = (
    _Known(
        frozenset({"item.header", "item.title", "item.products"}),
        "it is the watch history of YouTube and YouTube Music, which does not tell artists from channels",
        "Scrobble YouTube Music to ListenBrainz or Last.fm, and import what they export.",
    ),
)
_PLAYBACK_LOG = re.compile(rb"^[ !@]?\d+:\d+:\d+:/", re.MULTILINE)
_OFFICE = {
    "xl/workbook.xml": "it is an Excel workbook, which is not read",
    "xl/workbook.bin": "it is an Excel workbook, which is not read",
    "word/document.xml": "it is a Word document, which is not read",
    "META-INF/manifest.xml": "it is a document of LibreOffice or the like, which is not read",
}


def known_table(head: bytes) -> Unread | None:
    """What a table is whose header shows that it cannot be read, and how to get one that can."""
    header = layout(head, lambda cells: named_columns(cells) if _of(_TABLES, named_columns(cells)) else None)
    return _of(_TABLES, header.columns) if header else None


def known_log(head: bytes) -> Unread | None:
    """What a log is whose lines show that it cannot be read."""
    if not _PLAYBACK_LOG.search(head):
        return None
    return Unread(
        "refused",
        "it is the playback log of Rockbox, which holds the paths of files instead of names",
        "Start the plugin Last.fm Scrobbler on the player and choose Export; it writes .scrobbler.log.",
    )


def known_document(seen: Outline) -> Unread | None:
    """What a JSON document is whose keys show that it cannot be read."""
    return _of(_DOCUMENTS, seen)


def known_archive(names: Collection[str]) -> Unread | None:
    """What a ZIP archive with these members is, if it is the document of some program."""
    found = next((reason for member, reason in _OFFICE.items() if member in names), None)
    return Unread("refused", found, f"Save the sheet with the plays as CSV (UTF-8). {_AS_TABLE}") if found else None


def _of(known: tuple[_Known, ...], names: Collection[str]) -> Unread | None:
    one = next((one for one in known if one.names <= set(names)), None)
    return Unread("refused", one.reason, one.hint) if one else None

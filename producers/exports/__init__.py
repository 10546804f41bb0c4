"""Reads listening history from export files; needs neither Kafka nor Postgres.

from producers.exports import read_export

for item in read_export("maloja_export.json"):
    ...  # a Listen, or a Skipped that says why a row is none
"""

from producers.exports.alias import Alias
from producers.exports.entries import Entry
from producers.exports.formats import FORMATS, Format
from producers.exports.opened import Position, Rules
from producers.exports.reading import Export, open_export, read_export, sniff

__all__ = [
    "FORMATS",
    "Alias",
    "Entry",
    "Export",
    "Format",
    "Position",
    "Rules",
    "open_export",
    "read_export",
    "sniff",
]

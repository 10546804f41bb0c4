"""Writes listening history in the formats of others and in our own; needs neither Kafka nor Postgres.

What each format cannot hold is lost on the way out and back (tests/exports/test_writing.py proves that it is no
more; a name that credits several, "A • B" or "A feat. B", becomes several artists in all but our own format):

    scrobbles     nothing of what was played; of several ids of one kind for one entity the most stated one stays
    listenbrainz  other names; the ids of artists where one of them has none; of a mapping, ISRC and Spotify ids
    maloja        ids, other names, milliseconds
    koito         playing time, milliseconds, whose an album is (but "Various Artists"), all ids but the MBIDs
                  of track, album and artists; what has been in Koito comes back with an album for every track
    csv           guests, lengths, playing time, whose an album is, other names, all ids but MBIDs, which are guesses
                  when they come back: the columns of Last.fm exporters, for every program that reads those
"""

from producers.exports.writing.formats import WRITERS, WrittenFormat
from producers.exports.writing.writer import Others, Writer

__all__ = ["WRITERS", "Others", "Writer", "WrittenFormat"]

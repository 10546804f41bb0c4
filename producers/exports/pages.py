"""The rows of JSON that comes in pages, as the answers of Last.fm do, in whatever somebody has put around them.

[{"track": [row, …], "@attr": {…}}, …]     {"recenttracks": {"track": [row, …]}}     {"track": row}     [row, …]
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from producers.exports.document import Document
from producers.exports.opened import Opened, Place

_ROWS, _PAGE, _OF_PAGE = "track", "recenttracks", "@attr"
# An object that begins so is a row; any other may be a page and is read key by key, which is slower.
_ROW = re.compile(r'\{[ \t\n\r]*"(?:artist|name|mbid|album|date|image|streamable|url|loved)"')
_MOST_KEYS = 100


def page_rows(source: Opened, row: Any = Any) -> Iterator[tuple[int, Any]]:
    """The rows of all pages, numbered from 1; an object that has no rows is one itself. What document_rows raises."""
    document = Document(source, row, (_ROWS, _OF_PAGE))
    return document.numbered(_runs(document, source.place))


def _runs(document: Document, place: Place) -> Iterator[list[Any]]:
    if not document.begun and document.next_character() != "[":
        place.tell = partial(_same, (0, 0))
        yield from _runs_of_page(document)
    else:
        for _ in document.places(begun=document.begun):
            if document.next_character() != "{" or document.shows(_ROW):
                yield from document.run()
            else:
                place.tell = partial(_same, document.tell())
                yield from _runs_of_page(document)
                place.tell = document.tell
    document.must_end()


def _same(position: tuple[int, int]) -> tuple[int, int]:
    return position


def _runs_of_page(document: Document, *, inner: bool = False) -> Iterator[list[Any]]:
    """What the object that comes next has under "track", be it a list, one row alone, or in another object."""
    others: dict[str, Any] = {}
    has_rows = False
    for key in document.fields():
        if key == _ROWS or (key == _PAGE and not inner):
            has_rows = True
            if document.next_character() == "[":
                yield from document.runs()
            elif key == _PAGE and document.next_character() == "{":
                yield from _runs_of_page(document, inner=True)
            else:
                yield [document.value()]
        elif len(others) < _MOST_KEYS:
            others[key] = document.value()
        else:
            document.skip()
    if not has_rows:
        yield [others]

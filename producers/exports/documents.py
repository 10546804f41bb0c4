"""The rows of a JSON document that is larger than memory."""

from collections.abc import Iterator
from typing import Any

from producers.exports.document import Document
from producers.exports.opened import Opened


def document_rows(source: Opened, *keys: str, row: Any = Any) -> Iterator[tuple[int, Any]]:
    """The elements of a top-level array, or those of the arrays under `keys` of a top-level object, numbered from 1.

    Elements are what json.loads makes of them, or of the type `row` where they fit it.

    Raises DataFault, after every complete row before it, where the document ends too early, is not JSON or not UTF-8.
    """
    document = Document(source, row)
    return document.numbered(_runs(document, keys))


def _runs(document: Document, keys: tuple[str, ...]) -> Iterator[list[Any]]:
    if document.begun:
        yield from document.runs(begun=True)
        keys_left = document.fields(begun=True) if document.next_character() else iter(())
    elif document.next_character() == "[":
        yield from document.runs()
        keys_left = iter(())
    else:
        keys_left = document.fields()
    for key in keys_left:
        if key in keys:
            yield from document.runs()
        else:
            document.skip()
    document.must_end()

"""Paths whose bytes are no UTF-8: as a person sees them, and as a database can hold them."""

import ast
import os
from pathlib import Path


def shown(path: str | os.PathLike[str]) -> str:
    r"""The path as text, with each byte that is no UTF-8 as an escape: "\xfc"."""
    return os.fspath(path).encode(errors="surrogateescape").decode(errors="backslashreplace")


def stored(path: Path) -> str:
    """The absolute path as text that every database takes; `restored` makes the path of it again."""
    text = str(path.absolute())
    try:
        text.encode()
    except UnicodeEncodeError:
        # Cannot be mistaken for an absolute path, which begins with its root.
        return repr(os.fsencode(text))
    return text


def restored(text: str) -> Path:
    """The path that was stored so."""
    return Path(os.fsdecode(ast.literal_eval(text)) if text.startswith(("b'", 'b"')) else text)

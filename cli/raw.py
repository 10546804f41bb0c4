"""Bytes and texts that strangers wrote, for a terminal and for a script: nothing in them is obeyed by either."""

import base64

# Enough to see what a message is; the rest is behind --json.
SHOWN = 2_000


def for_people(content: bytes | str, limit: int = SHOWN) -> str:
    """As text that is safe to print; what is longer than `limit` bytes is cut, and the text says so.

    Escaped are control characters, marks that turn the writing direction, and bytes that are no UTF-8.
    """
    whole = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    text = whole[:limit].decode("utf-8", "backslashreplace")
    shown = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    left = len(whole) - limit
    return shown if left <= 0 else f"{shown}… and {left:,} more bytes"


def for_scripts(content: bytes | None) -> dict[str, str] | None:
    """`{"text": …}` where all of it is printable UTF-8, else `{"base64": …}`; None stays None."""
    if content is None:
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    return {"text": text} if text.isprintable() else {"base64": base64.b64encode(content).decode()}

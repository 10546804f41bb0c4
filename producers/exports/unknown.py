"""What a file is that is no export we know, said so that a person recognises it."""

from producers.exports.members import Member
from producers.exports.outline import Outline, outline
from schemas.errors import DataFault

_SHOWN = 8
# Of Latin text in UTF-16 half of the bytes are zero.
_UTF16_ZEROS = 0.4
_SIGNATURES = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip file; unpack it first",
    b"BZh": "a bzip2 file; unpack it first",
    b"\xfd7zXZ": "an xz file; unpack it first",
    b"7z\xbc\xaf": "a 7-Zip archive; unpack it first",
    b"Rar!": "a RAR archive; unpack it first",
    b"PK": "a ZIP archive within another; unpack it first",
    b"SQLite format 3": "an SQLite database",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
}


def unknown_fault(label: str, members: list[Member], known: list[str]) -> DataFault:
    """Why `label` cannot be read: it has no members, is empty, or looks like something else."""
    hint = "Known formats: " + ", ".join(known)
    if not members:
        return DataFault(f"{label} holds no files", hint)
    if len(members) > 1:
        return DataFault(f"{label} holds no export we know, only {_some([member.name for member in members])}", hint)
    with members[0].open() as stream:
        head = stream.peek()
    if not head.decode(errors="replace").strip():
        return DataFault(f"{members[0].label} is empty")
    return DataFault(f"{members[0].label} is no export we know: it looks like {describe(head)}", hint)


def describe(head: bytes) -> str:
    """What a file that begins so seems to be: "a PNG image", "a JSON array of objects with the keys a, b"."""
    for signature, what in _SIGNATURES.items():
        if head.startswith(signature):
            return what
    text = head.decode(errors="replace").lstrip()
    if "\0" in text:
        zeros = max(head[::2].count(0), head[1::2].count(0))
        return "UTF-16 text; save it as UTF-8" if zeros > _UTF16_ZEROS * len(head) else "binary data"
    first_line = text.splitlines()[0][:80]
    if text[0] in "[{":
        return _describe_json(text[0], outline(head))
    if text[0] == "<":
        return "a web page or XML"
    for separator, name in (("\t", "tabs"), (",", "commas"), (";", "semicolons")):
        if separator in first_line:
            return f"a table with {name} between its columns (CSV), which begins with {first_line!r}"
    return f"text that begins with {first_line!r}"


def _describe_json(opening: str, seen: Outline) -> str:
    keys = sorted(path for path in seen if "." not in path and path != "item")
    row_keys = sorted(
        path.removeprefix("item.")
        for path in seen
        if path.startswith("item.") and path.count(".") == 1 and path != "item.item"
    )
    if opening == "[" and row_keys:
        return f"a JSON array of objects with the keys {_some(row_keys)}"
    if opening == "[" and "item" in seen:
        return "a JSON array whose elements are no objects"
    if opening == "{" and keys:
        return f"a JSON object with the keys {_some(keys)}"
    return "an empty or broken JSON document"


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")

"""What a file is that is no export we know, said so that a person recognises it."""

from producers.exports.entries import Entry, Kind, Unread
from producers.exports.json_text import CUT_OFF_HINT, is_cut_off, is_json_value
from producers.exports.outline import Outline, outline
from producers.exports.streams import HEAD_BYTES
from producers.exports.unreadable import known_document, known_log, known_table
from schemas.errors import DataFault

_SHOWN = 8
_HINTS = 2
_UNPACK = "Unpack it first."
_SIGNATURES: dict[bytes, tuple[Kind, str, str]] = {
    b"\x89PNG": ("document", "a PNG image", ""),
    b"\xff\xd8\xff": ("document", "a JPEG image", ""),
    b"GIF8": ("document", "a GIF image", ""),
    b"RIFF": ("document", "a picture, a sound or a film", ""),
    b"ID3": ("document", "a sound", ""),
    b"%PDF": ("document", "a PDF document", ""),
    b"{\\rtf": ("document", "an RTF document", ""),
    b"\xd0\xcf\x11\xe0": ("document", "a document of an older Office", "Save a table as CSV."),
    b"\x1f\x8b": ("compressed", "a gzip file within another", _UNPACK),
    b"\x1f\x9d": ("compressed", "a file packed by compress", _UNPACK),
    b"BZh": ("compressed", "a bzip2 file", _UNPACK),
    b"\xfd7zXZ": ("compressed", "an xz file", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("compressed", "a Zstandard file", _UNPACK),
    b"\x04\x22\x4d\x18": ("compressed", "an LZ4 file", _UNPACK),
    b"LZIP": ("compressed", "an lzip file", _UNPACK),
    b"7z\xbc\xaf": ("compressed", "a 7-Zip archive", _UNPACK),
    b"Rar!": ("compressed", "a RAR archive", _UNPACK),
    b"PK": ("compressed", "a ZIP archive in gzip, or a part of one", _UNPACK),
    b"SQLite format 3": ("binary", "an SQLite database", ""),
    b"version https://git-lfs": ("placeholder", "a pointer of Git LFS, not the file itself", "Fetch it: git lfs pull"),
    b"/annex/objects/": ("placeholder", "a pointer of git-annex, not the file itself", "Fetch it: git annex get"),
    b"bplist00": ("placeholder", "a property list, such as stands for a file that is only in iCloud", "Download it."),
}
_LOOKS = "it looks like "
_TAR, _TAR_AT = b"ustar", 257


def unknown_fault(label: str, entries: list[Entry], known: list[str]) -> DataFault:
    """Why nothing of `label` can be read, which has these members. Of one member, `label` is its own."""
    hint = "Known formats: " + ", ".join(known)
    if not entries:
        return DataFault(f"{label} holds no files", hint)
    if len(entries) > 1:
        # What belongs beside plays does not explain why there are none.
        telling = [one for one in entries if one.is_loud] or entries
        members = [f"{one.name} ({one.reason})" for one in telling]
        hints = list(dict.fromkeys(one.hint for one in telling if one.hint))
        return DataFault(f"{label} holds no export we know, only {_some(members)}", " ".join(hints[:_HINTS]) or hint)
    (one,) = entries
    if one.reason.startswith(_LOOKS):
        return DataFault(f"{label} is no export we know: {one.reason}", one.hint or hint)
    return DataFault(f"{label} {one.reason.removeprefix('it ')}", one.hint)


def appearance(head: bytes) -> Unread:
    """What a file that begins so seems to be: "it looks like a JSON array of objects with the keys a, b"."""
    for signature, (kind, what, hint) in _SIGNATURES.items():
        if head.startswith(signature):
            return Unread(kind, f"{_LOOKS}{what}", hint)
    if head.startswith(_TAR, _TAR_AT):
        return Unread("compressed", f"{_LOOKS}a tar archive", _UNPACK)
    return known_document(outline(head)) or known_table(head) or known_log(head) or _appearance_of_text(head)


def _appearance_of_text(head: bytes) -> Unread:
    text = head.decode(errors="replace").strip()
    if not text:
        return Unread("empty", "it is empty", CUT_OFF_HINT)
    if text == "[]":
        return Unread("no_rows", "it is an empty list")
    if not text.strip("\0"):
        return Unread("empty", "it holds nothing but NUL bytes", CUT_OFF_HINT)
    if text[0] in "[{" and len(head) < HEAD_BYTES and is_cut_off(head):
        return Unread("damaged", "it breaks off in its first row", CUT_OFF_HINT)
    kind, what = _what_text(text, head)
    return Unread(kind, f"{_LOOKS}{what}")


def _what_text(text: str, head: bytes) -> tuple[Kind, str]:
    if "\0" in text:
        return "binary", "binary data"
    if text[0] in "[{" and _is_json(text, seen := outline(head)):
        return "unknown", _describe_json(text[0], seen)
    if text[0] == "<":
        return "web_page", "a web page or XML"
    first_line = text.splitlines()[0][:80]
    for separator, name in (("\t", "tabs"), (",", "commas"), (";", "semicolons")):
        if separator in first_line:
            return "text", f"a table with {name} between its columns (CSV), which begins with {first_line!r}"
    return "text", f"text that begins with {first_line!r}"


def _is_json(text: str, seen: Outline) -> bool:
    """Whether it begins as JSON does; a file of settings or a log begins with a bracket too."""
    return len(seen) > 1 or is_json_value(text)


def _describe_json(opening: str, seen: Outline) -> str:
    keys = sorted(path for path in seen if "." not in path and path != "item")
    row_keys = sorted(
        path.removeprefix("item.")
        for path in seen
        if path.startswith("item.") and path.count(".") == 1 and path != "item.item"
    )
    if opening == "[" and row_keys:
        return f"a JSON array of objects with {_keys(row_keys)}"
    if opening == "[" and "item" in seen:
        return "a JSON array whose elements are no objects"
    if opening == "{" and keys:
        return f"a JSON object with {_keys(keys)}"
    return "an empty JSON document"


def _keys(names: list[str]) -> str:
    return f"the {'key' if len(names) == 1 else 'keys'} {_some(names)}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")

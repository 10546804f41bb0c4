"""Small exports of Maloja, written by hand."""

import json
from pathlib import Path
from typing import Any

TIME = 1_600_000_000


def row(second: int, title: str = "Song", *artists: str, album: str | None = None) -> dict[str, Any]:
    track = {"artists": list(artists) or ["Somebody"], "title": title, "length": 200}
    return {
        "time": TIME + second,
        "track": {**track, "album": {"albumtitle": album, "artists": None} if album else None},
        "duration": 180,
        "origin": "client:test",
    }


def export(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"maloja": {"export_time": TIME}, "scrobbles": list(rows)}, ensure_ascii=False).encode()


def write(folder: Path, name: str, *rows: dict[str, Any]) -> str:
    path = folder / name
    path.write_bytes(export(*rows))
    return str(path)

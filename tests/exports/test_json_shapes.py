"""Every JSON format in every shape in which people put its rows into a file."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from producers.exports import open_export, read_export
from schemas.listen import Skipped
from tests.exports.kinds import KINDS, Kind, listens
from tests.exports.test_contract import continues_after_any_row

BOM = "\ufeff"
NAMES = ("maloja", "koito", "listenbrainz-lines", "lastfm", "pano", "scrobbles-lines", "spotify")
ROWS = [next(kind for kind in KINDS if kind.name == name) for name in NAMES]


def _halves(rows: list[str]) -> tuple[list[str], list[str]]:
    return rows[: len(rows) // 2], rows[len(rows) // 2 :]


def _array(rows: list[str]) -> str:
    return f"[{', '.join(rows)}]"


def _pretty(text: str) -> str:
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False)


SHAPES: dict[str, Callable[[list[str]], str]] = {
    "array": _array,
    "array without spaces": lambda rows: f"[{','.join(rows)}]",
    "array with a row per line": lambda rows: "[\n" + ",\n".join(rows) + "\n]\n",
    "pretty array": lambda rows: _pretty(_array(rows)),
    "arrays appended": lambda rows: "".join(map(_array, _halves(rows))),
    "arrays with a byte order mark between them": lambda rows: BOM + f"\r\n{BOM}".join(map(_array, _halves(rows))),
    "an array per line": lambda rows: "\n".join(map(_array, _halves(rows))),
    "pretty arrays appended": lambda rows: "\n".join(_pretty(_array(half)) for half in _halves(rows)),
    "array of arrays": lambda rows: _array([_array(half) for half in _halves(rows)]),
    "pretty array of arrays": lambda rows: _pretty(_array([_array(half) for half in _halves(rows)])),
    "lines": lambda rows: "\n".join(rows) + "\n",
    "lines without a last line end": "\n".join,
    "lines of Windows": lambda rows: "\r\n".join(rows) + "\r\n",
    "lines with blank ones": lambda rows: "\n\n" + "\n\n".join(rows),
    "lines that end in commas": lambda rows: ",\n".join(rows) + ",\n",
    "lines without a comma at the end": ",\n".join,
    "lines with a byte order mark between files": lambda rows: BOM + f"\n{BOM}".join(rows),
    "objects side by side": "".join,
    "pretty objects": lambda rows: "\n".join(map(_pretty, rows)),
    "pretty objects with commas": lambda rows: ",\n".join(map(_pretty, rows)),
    "an array and lines": lambda rows: _array(_halves(rows)[0]) + "\n" + "\n".join(_halves(rows)[1]),
}
AROUND: dict[str, tuple[str, ...]] = {
    "maloja": ('{"maloja":{"export_time":1},"scrobbles":%s}', '{"status":"ok","list":%s,"pagination":{"page":0}}'),
    "koito": ('{"version":"1","exported_at":"2024-01-01T00:00:00Z","user":"me","listens":%s}',),
    "listenbrainz-lines": (
        '{"payload":{"count":2,"user_id":"me","listens":%s,"latest_listen_ts":1700000600}}',
        '{"listen_type":"import","payload":%s}',
    ),
    "lastfm": ('{"recenttracks":{"@attr":{"totalPages":"2"},"track":%s}}', '{"track":%s,"@attr":{"totalPages":"2"}}'),
}


def _around(template: str, between: str, outside: str = "%s", tidy: Callable[[str], str] = str) -> Callable[..., str]:
    return lambda rows: outside % between.join(tidy(template % _array(half)) for half in _halves(rows))


CASES = [
    *((kind, name, shape) for kind in ROWS for name, shape in SHAPES.items()),
    *(
        (kind, f"{what} {number}", shape)
        for kind in ROWS
        for number, template in enumerate(AROUND.get(kind.name, ()))
        for what, shape in (
            ("answer per line", _around(template, "\n")),
            ("answers appended", _around(template, "")),
            ("answers with a byte order mark", _around(template, f"\n{BOM}")),
            ("pretty answers", _around(template, "\n", tidy=_pretty)),
            ("array of answers", _around(template, ", ", "[%s]")),
        )
    ),
]


@pytest.mark.parametrize(
    ("kind", "shape"), [pytest.param(kind, shape, id=f"{kind.name}, {name}") for kind, name, shape in CASES]
)
class TestEveryShape:
    @pytest.mark.parametrize("count", [2, 700])
    def test_gives_the_rows_of_one_array(self, kind: Kind, shape: Callable[[list[str]], str], count: int) -> None:
        content = shape([kind.row(one) for one in listens(count)]).encode()
        with open_export(io.BytesIO(content)) as export:
            assert (export.format, list(export.rows)) == (kind.format, [kind.kept(one) for one in listens(count)])

    def test_continues_after_any_row(self, kind: Kind, shape: Callable[[list[str]], str], tmp_path: Path) -> None:
        (tmp_path / "export").write_text(shape([kind.row(one) for one in listens(12)]), "utf-8")
        assert len(continues_after_any_row(tmp_path / "export", step=3)) == 12

    def test_loses_one_row_to_one_that_is_none(self, kind: Kind, shape: Callable[[list[str]], str]) -> None:
        rows = [kind.row(one) for one in listens(12)]
        items = list(read_export(io.BytesIO(shape([*rows[:9], "{}", *rows[9:]]).encode())))
        assert [item.row for item in items if isinstance(item, Skipped)] == [10]
        assert len(items) == 13

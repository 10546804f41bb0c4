"""Draws demo.svg, the picture in the README, from what the demo really prints: `make picture`.

The demo runs in a data folder of its own, which is deleted afterwards. Results go to a terminal, so they have their
colours; progress goes to a pipe, so it is plain lines instead of a bar that redraws itself.
"""

import os
import pty
import re
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from io import StringIO
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[2]
PICTURE = Path(__file__).with_suffix(".svg")
_COLUMNS = 72
# The width of a character in the drawing, in its units.
_CELL = 12.2
# In a colour that nobody can tell from the others, so that each such run begins where it must.
_WIDE, _WIDE_STYLE = "[\u1100-\u11ff\u2e80-\ud7a3\uf900-\ufaff\uff00-\uff60]+", "#c5c8c7"
_FIRST_STEP, _AFTER_THE_LAST = "$ scrobbles import", "That was a sample"
# Rich's drawing of a terminal window, without the fonts that it would load from elsewhere.
_WINDOW = """<svg class="{unique_id}" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>The output of make demo</title>
<style>
.{unique_id} text {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g>
{matrix}
</g>
</g>
</svg>
"""


def main() -> None:
    """Run the demo and draw what it prints."""
    with tempfile.TemporaryDirectory(prefix="scrobbles-picture-") as folder:
        data = Path(folder) / "data"
        try:
            printed = "".join(_output_of_demo(data))
        finally:
            _scrobbles(data, "down", "--purge", "--yes")
    PICTURE.write_text(_drawn(_steps(printed)), "utf-8")


def _output_of_demo(data: Path) -> Iterator[str]:
    """What the demo prints, in its order. Raises CalledProcessError if it fails."""
    terminal, inner = pty.openpty()
    command = [str(ROOT / "deploy" / "demo.sh")]
    with subprocess.Popen(command, cwd=ROOT, env=_environment(data), stdout=inner, stderr=subprocess.PIPE) as demo:
        os.close(inner)
        progress = demo.stderr.fileno() if demo.stderr else -1
        reading = [terminal, progress]
        while reading:
            for source in select.select(reading, [], [])[0]:
                piece = b""
                with suppress(OSError):  # a terminal whose other end is closed gives an error, not an end
                    piece = os.read(source, 65_536)
                if not piece:
                    reading.remove(source)
                yield piece.decode().replace("\r\n", "\n")
    os.close(terminal)
    if demo.returncode:
        raise subprocess.CalledProcessError(demo.returncode, command)


def _steps(printed: str) -> str:
    """From the import on: starting the servers is told in addresses of this machine."""
    shown = printed[printed.index(_FIRST_STEP) : printed.index(_AFTER_THE_LAST)].rstrip()
    # Seconds differ from run to run; the picture need not.
    shown = re.sub(r"(?<=after )\d+\.\d s", "1.7 s", shown)
    return re.sub(r"(?m)^(\$ .+)$", "\x1b[1m\\1\x1b[0m", shown)


def _drawn(printed: str) -> str:
    console = Console(record=True, width=_COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text("$ make demo\n", style="bold"))
    text = Text.from_ansi(printed)
    text.highlight_regex(_WIDE, _WIDE_STYLE)
    console.print(text)
    drawn = console.export_svg(title="scrobble-stream", code_format=_WINDOW, unique_id="demo")
    return re.sub(r'textLength="[^"]*"(?P<rest>[^>]*>)(?P<text>[^<]*)', _as_wide_as_its_cells, drawn)


def _as_wide_as_its_cells(found: re.Match[str]) -> str:
    """Rich counts characters here; those of Chinese, Japanese and Korean take two cells each."""
    width = _CELL * cell_len(unescape(found["text"]).rstrip("\n"))
    return f'textLength="{width:.1f}"{found["rest"]}{found["text"]}'


def _environment(data: Path) -> dict[str, str]:
    plain = {key: value for key, value in os.environ.items() if not key.startswith("SCROBBLES_")}
    return plain | {"SCROBBLES_DATA": str(data), "TERM": "xterm-256color", "COLUMNS": str(_COLUMNS)}


def _scrobbles(data: Path, *arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("scrobbles")), *arguments]
    subprocess.run(command, check=True, env=_environment(data), stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()

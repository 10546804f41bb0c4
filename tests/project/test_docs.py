"""What the documents say exists: links, commands, settings, and every name of the closed lists."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer

from cli.main import build
from cli.verbs import VERBS
from consumers.listens.deadletter import DeadReason
from producers.exports.entries import Kind
from producers.exports.formats import FORMATS
from schemas import errors, metrics
from schemas.events import Event
from schemas.listen import Reason
from schemas.settings import CONFIG_VARIABLE, KAFKA, PREFIX, Settings

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
OPERATIONS, FORMATS_PAGE, GLOSSARY = (ROOT / "docs" / f"{name}.md" for name in ("operations", "formats", "glossary"))
PAGES = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]

LINK = re.compile(r'\]\(([^)\s]+)\)|src="([^"]+)"')
FENCE = re.compile(r"^```.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`]+)`")
# Each command, such as "jobs undo", with its flags; "" is the program itself.
FLAGS: dict[str, set[str]] = {}
EXIT_CODES = {errors.DONE, errors.FINISHED_WITH_REJECTS, errors.BUG, errors.INTERRUPTED} | {
    kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.Fault)
}


def note(command: Any, path: str = "") -> None:
    """Add a command and all below it to FLAGS. typer makes them with a copy of click that has no public types."""
    FLAGS[path] = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    for name in command.list_commands(None) if hasattr(command, "list_commands") else ():
        note(command.get_command(None, name), f"{path} {name}".strip())


note(typer.main.get_command(build()))
LEAVES = {path for path in FLAGS if not any(other.startswith(f"{path} ".lstrip()) for other in FLAGS if other != path)}


def page_name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code_in(page: Path) -> Iterator[str]:
    """Everything in code font: whole lines of blocks, and spans of text, which may break over a line."""
    text = page.read_text("utf-8")
    for block in FENCE.findall(text):
        yield from block.splitlines()
    yield from (" ".join(span.split()) for span in CODE.findall(FENCE.sub("", text)))


def commands_in(page: Path) -> Iterator[list[str]]:
    """The arguments of each `scrobbles …`; what stands behind two blanks or a # is a comment."""
    for code in code_in(page):
        for part in re.split(r"\s{2,}|\s#|[|&;]", code):
            words = shlex.split(part.replace("…", "").replace("'", ""))
            if words and words[0].removeprefix(".venv/bin/") == "scrobbles":
                yield words[1:]


def headings_of(page: Path) -> set[str]:
    """The anchors that GitHub makes."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for found in LINK.findall(page.read_text("utf-8")):
        path, _, anchor = (found[0] or found[1]).partition("#")
        if "://" in path:
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), path
        assert not anchor or anchor in headings_of(target), anchor


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_command_and_every_flag_exists(page: Path) -> None:
    for words in commands_in(page):
        must_exist(words)
    for code in code_in(page):
        if re.fullmatch(r"--[a-z][a-z-]*( .*)?", code):
            assert code.split()[0] in set().union(*FLAGS.values()), code


def must_exist(words: list[str]) -> None:
    """Each word is a command below the one before it, a flag of that one, or an argument where none can be below."""
    path = ""
    for word in words:
        if word.startswith("--"):
            assert word in FLAGS[path], words
        elif f"{path} {word}".strip() in FLAGS:
            path = f"{path} {word}".strip()
        else:
            assert path in LEAVES, words


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.__struct_fields__} | {CONFIG_VARIABLE}
    for name in re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]", page.read_text("utf-8")):
        assert name.startswith(f"{PREFIX}KAFKA__") or name.removesuffix("_FILE") in known, name


def test_every_setting_is_documented() -> None:
    assert_told(OPERATIONS, (f"{PREFIX}{name}".upper() for name in Settings.__struct_fields__ if name != KAFKA))


def test_every_verb_is_named_somewhere() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    assert [verb for verb in VERBS if f"scrobbles {verb}" not in text] == []


def test_operations_tells_every_exit_code_event_metric_and_dead_letter() -> None:
    named = [name for name in vars(metrics).values() if isinstance(name, str) and name.startswith("scrobble_")]
    events = [name for part in get_args(Event) for name in (get_args(part) or [part])]
    assert len(events) > 20
    assert_told(OPERATIONS, (*named, *events, *get_args(DeadReason)))
    rows = set(re.findall(r"^\| (\d+) \|", OPERATIONS.read_text("utf-8"), re.MULTILINE))
    assert rows == {str(code) for code in EXIT_CODES}


def test_formats_tells_every_format_and_why_a_row_or_a_file_is_not_read() -> None:
    assert_told(FORMATS_PAGE, (*(known.name for known in FORMATS), *get_args(Reason), *get_args(Kind)))


def test_the_glossary_explains_words_that_are_used() -> None:
    sources = [
        path for package in ("cli", "schemas", "producers", "consumers") for path in (ROOT / package).rglob("*.py")
    ]
    others = "\n".join(path.read_text("utf-8").lower() for path in [*PAGES, *sources] if path != GLOSSARY)
    terms = re.findall(r"^\*\*(.+?)\*\*[,:]", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    assert len(terms) > 20
    assert [term for term in terms if term.lower() not in others] == []


def test_the_readme_is_short_and_its_two_commands_come_first() -> None:
    text = README.read_text("utf-8")
    assert len(text.splitlines()) <= 150
    assert re.findall(r"^make \w+", text, re.MULTILINE) == ["make demo", "make test"]


def assert_told(page: Path, names: Iterator[str] | tuple[str, ...]) -> None:
    told = {name.strip() for code in code_in(page) for name in code.split(",")}
    assert [name for name in names if name not in told] == [], page_name(page)

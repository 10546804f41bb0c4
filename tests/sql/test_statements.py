"""The statements: one per file, each said to guarantee something, each used."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

import sql

FOLDER = Path(str(files("sql")))
CODE = [path for name in ("sql", "consumers", "producers", "cli") for path in (FOLDER.parent / name).rglob("*.py")]
FILES = sorted([*FOLDER.glob("*.sql"), *FOLDER.glob("migrations/*.sql")])
STATEMENTS = {path.stem for path in FOLDER.glob("*.sql")}


def texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def read_by_name(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "sql.read"
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_begins_with_what_it_guarantees(path: Path) -> None:
    first, *rest = path.read_text("utf-8").splitlines()
    assert first.startswith("-- ")
    assert first[3:].strip()
    assert any(line and not line.startswith("--") for line in rest)


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_a_file_holds_one_statement(name: str) -> None:
    lines = [line for line in sql.read(name).decode().splitlines() if not line.startswith("--")]
    assert ";" not in "\n".join(lines)


def test_every_statement_that_is_read_exists() -> None:
    read = {name for path in CODE for name in read_by_name(path)}
    assert read
    assert read <= STATEMENTS


def test_every_statement_is_used() -> None:
    used = {text for path in CODE for text in texts(path)}
    assert used & STATEMENTS == STATEMENTS


def test_a_statement_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        sql.read("no such statement")

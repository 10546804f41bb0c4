"""Who may import whom, and who may know of Kafka and of Postgres: found in the files, not in anybody's memory."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "schemas": set[str](),
    "sql": {"schemas"},
    "producers": {"schemas", "sql"},
    "consumers": {"schemas", "sql"},
    "deploy": {"schemas"},
    "cli": {"schemas", "sql", "producers", "consumers", "deploy"},
}
KNOW_KAFKA = {
    "schemas/broker.py",
    "schemas/ensuring.py",
    "schemas/kafka_faults.py",
    "producers/publish.py",
    "producers/replay.py",
    "consumers/listens/contact.py",
    "consumers/listens/lag.py",
    "consumers/listens/ledger.py",
    "consumers/listens/loop.py",
    "consumers/listens/offsets.py",
    "consumers/listens/start.py",
    "consumers/listens/taking.py",
    "deploy/local/kafka/broker.py",
    "cli/doctor.py",
}
KNOW_POSTGRES = (
    "sql/",
    "consumers/listens/store.py",
    "consumers/listens/ledger.py",
    "consumers/listens/loop.py",
    "producers/aliases.py",
    "producers/history.py",
    "producers/jobs/",
    "producers/people.py",
    "producers/replay.py",
    "deploy/local/postgres.py",
    "cli/",
)
FILES = sorted(path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The top-level names of everything a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield str(node.module).split(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield ast.unparse(node.args[0]).strip("f'\"").split(".")[0]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_imports_only_what_its_package_may(path: Path) -> None:
    package = name(path).split("/")[0]
    ours = set(imported(path)) & MAY_IMPORT.keys()
    assert ours <= MAY_IMPORT[package] | {package}


def test_only_few_files_know_of_kafka() -> None:
    assert {name(path) for path in FILES if "confluent_kafka" in imported(path)} <= KNOW_KAFKA


def test_only_few_files_know_of_postgres() -> None:
    knowing = {name(path) for path in FILES if "psycopg" in imported(path)}
    assert {path for path in knowing if not path.startswith(KNOW_POSTGRES)} == set()
    assert "consumers/listens/offsets.py" not in knowing


def test_the_store_knows_nothing_of_kafka_and_packing_nothing_of_either() -> None:
    for file in ("store", "batch", "entities", "foreign_ids", "rows", "runs", "deadletter"):
        found = set(imported(ROOT / "consumers" / "listens" / f"{file}.py"))
        assert "confluent_kafka" not in found
        assert ("psycopg" in found) == (file == "store")


def test_the_packages_are_all_there_are_and_all_are_shipped() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text("utf-8")
    for package in MAY_IMPORT:
        assert f'"{package}"' in pyproject
        assert (ROOT / package / "__init__.py").exists()

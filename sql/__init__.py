"""Everything the database is told: `migrations/`, one statement per named .sql file, and this reader of them."""

from functools import cache
from importlib.resources import files


@cache
def read(name: str) -> bytes:
    """The statement in `sql/<name>.sql`, as bytes, which psycopg takes as it is.

    Its first line says what it guarantees. Raises FileNotFoundError for a name that does not exist.
    """
    return files("sql").joinpath(f"{name}.sql").read_bytes()

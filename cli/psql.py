"""`scrobbles psql`: the person's own database, in the client that everybody knows."""

import os

import typer
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cli.wiring import database_url, settings
from deploy.local.postgres_programs import find_psql
from schemas.errors import ConfigurationFault
from sql.connection import address_of

app = typer.Typer()


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, options_metavar="[ARGS]...")
def psql(context: typer.Context) -> None:
    """Open your database in psql.

    All arguments go to psql. The view `play` has one row for each play.

    Example: scrobbles psql -c "select artist, count(*) from play group by 1 order by 2 desc limit 5"
    """
    url = database_url(settings())
    address = address_of(url)
    program = find_psql()
    if program is None:
        raise ConfigurationFault(
            f"psql is not installed; the database is at {address}",
            "install psql (Debian: apt install postgresql-client), or use another client: "
            "`scrobbles config show --secrets` tells the full address",
        )
    parts = conninfo_to_dict(url)
    # Everybody on the machine can read arguments. That of a TLS key has no variable: psql asks for it.
    password, _ = parts.pop("password", None), parts.pop("sslpassword", None)
    environment = {**os.environ, "PGPASSWORD": str(password)} if password else os.environ
    os.execve(program, ["psql", "--dbname", make_conninfo("", **parts), *context.args], environment)  # noqa: S606

"""yoyo in one session of ours, so that whatever ends the session leaves neither a lock nor half a migration behind."""

import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import Migration

import sql
from sql.connection import connect


class OneSession(PostgresqlPsycopgBackend):  # type: ignore[misc] # yoyo has no types
    """A backend of yoyo. Its own lock is a row, which stays when the process is killed; ours goes with the session."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        nowhere = DatabaseURI("postgresql", None, None, None, None, "", {})
        super().__init__(nowhere, "_yoyo_migration")

    def connect(self, _: DatabaseURI) -> psycopg.Connection:
        """The session. Raises the Faults of sql.connection.connect."""
        return connect(self._database_url, application="scrobbles migrate")

    def copy(self) -> "AbstractContextManager[OneSession]":
        """Where yoyo would open a second session for each migration."""
        return nullcontext(self)

    @contextmanager
    def lock(self, timeout: float = 0) -> Iterator[None]:  # noqa: ARG002 - yoyo's signature
        """Wait for whoever migrates now, however long that takes."""
        self.connection.execute(sql.read("lock_for_migration"))
        yield

    def apply_one(self, migration: Migration, force: bool = False, mark: bool = True) -> None:
        """Apply a migration and note it, both or neither."""
        with self.transaction():
            super().apply_one(migration, force=force, mark=mark)

    def get_log_data(self, migration: Migration | None = None, operation: str = "apply") -> dict[str, object]:
        """Who does it, for yoyo's log; yoyo would ask for a user name, which a container may not have."""
        return {
            "id": str(uuid4()),
            "migration_id": migration and migration.id,
            "migration_hash": migration and migration.hash,
            "username": str(os.getuid()),
            "hostname": socket.gethostname(),
            "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
            "operation": operation,
        }

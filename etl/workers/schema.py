"""The queue's tables: created if missing, and migrated to the installed version of Procrastinate.

Source: Procrastinate's documentation, "Migrate the database schema": the version of its tables is the name
of the last migration applied, and migrations apply in the order of their names.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.errors import DuplicateObject
from psycopg_pool import AsyncConnectionPool

from etl.errors import ConfigurationError

Connection = AsyncConnection[Any]

# One process at a time creates the tables; this lock differs from the one for the state's own tables.
_LOCK = 1_667_854_438
_MADE = """
CREATE TABLE IF NOT EXISTS queue_migrations (name text PRIMARY KEY, applied_at timestamptz DEFAULT now())
"""
_SQL = resources.files("procrastinate.sql")


async def prepare_queue(pool: AsyncConnectionPool[Connection]) -> None:
    """Create or migrate the tables; raises ConfigurationError if a newer Procrastinate created them."""
    async with _alone(pool) as connection:
        await connection.execute(_MADE)
        known = {row[0] for row in await _rows(connection, "SELECT name FROM queue_migrations")}
        installed = migrations()
        unknown = known - set(installed)
        if unknown:
            raise ConfigurationError(
                f"the queue in the database of state.url was made by a newer ci-health ({max(unknown)}): "
                "install the version that the other workers have"
            )
        if not known:
            await _make(connection, installed)
            return
        for name in installed:
            if name not in known:
                # One transaction each: a value added to a type can be used only after the commit.
                async with connection.transaction():
                    await connection.execute(_text(f"migrations/{name}"))
                    await _note(connection, name)


def migrations() -> list[str]:
    """Names of all migrations that the installed Procrastinate has, in order."""
    return sorted(item.name for item in (_SQL / "migrations").iterdir() if item.name.endswith(".sql"))


async def _make(connection: Connection, names: list[str]) -> None:
    try:
        async with connection.transaction():
            await connection.execute(_text("schema.sql"))
            for name in names:
                await _note(connection, name)
    except DuplicateObject:
        raise ConfigurationError(
            "the database of state.url has a Procrastinate queue of another application: "
            "give ci-health a database of its own"
        ) from None


async def _note(connection: Connection, name: str) -> None:
    await connection.execute("INSERT INTO queue_migrations (name) VALUES (%s)", [name])


@asynccontextmanager
async def _alone(pool: AsyncConnectionPool[Connection]) -> AsyncIterator[Connection]:
    async with pool.connection() as connection:
        await connection.set_autocommit(True)
        try:
            await connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            yield connection
            await connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        except BaseException:
            # The lock goes with the connection.
            await connection.close()
            raise
        await connection.set_autocommit(False)


async def _rows(connection: Connection, query: LiteralString) -> list[Any]:
    return await (await connection.execute(query)).fetchall()


def _text(path: str) -> LiteralString:
    # The text is part of an installed library, so it is as safe as code in this file.
    return _SQL.joinpath(*path.split("/")).read_text("utf-8")

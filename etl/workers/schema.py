"""The queue's tables: made where missing, and brought up to date with the Procrastinate that is installed.

Source: Procrastinate's documentation, "Migrate the database schema": a version of its tables is the name
of the last migration that is in them, and migrations apply in the order of their names.
"""

from importlib import resources
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from etl.errors import ConfigurationError

# As in etl.state.postgres: one process at a time makes the tables.
_LOCK = "SELECT pg_advisory_xact_lock(1667854438)"
_MADE = """
CREATE TABLE IF NOT EXISTS queue_migrations (name text PRIMARY KEY, applied_at timestamptz DEFAULT now())
"""
_SQL = resources.files("procrastinate.sql")


async def prepare_queue(pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
    """Make or migrate the tables; raises ConfigurationError where a newer Procrastinate made them."""
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(_LOCK)
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
            await connection.execute(_text("schema.sql"))
        for name in installed:
            if name not in known:
                if known:
                    await connection.execute(_text(f"migrations/{name}"))
                await connection.execute("INSERT INTO queue_migrations (name) VALUES (%s)", [name])


def migrations() -> list[str]:
    """Names of all migrations that the installed Procrastinate has, in order."""
    return sorted(item.name for item in (_SQL / "migrations").iterdir() if item.name.endswith(".sql"))


async def _rows(connection: AsyncConnection[Any], query: LiteralString) -> list[Any]:
    return await (await connection.execute(query)).fetchall()


def _text(path: str) -> LiteralString:
    # Part of an installed library: as safe as what is written here.
    return _SQL.joinpath(*path.split("/")).read_text("utf-8")

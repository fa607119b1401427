"""Opens the state in SQLite or PostgreSQL: creates it, migrates it, explains its errors."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    Executable,
    Table,
    bindparam,
    event,
    inspect,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError

from etl.errors import ConfigurationError, FatalError, RetriableError, UnreachableError
from etl.state import tables
from etl.state.migrations import STEPS, Step, current_version, migrate, require_known
from etl.state.postgres import hold_while_making, postgres_engine, postgres_trouble
from etl.state.sqlite import memory_engine, reading_engine, sqlite_engine, sqlite_trouble

_VERSION = select(tables.facts.c.value).where(tables.facts.c.name == "version")


def open_database(url: str, steps: Sequence[Step] = STEPS) -> Engine:
    """An engine for a state of this version: created if missing, migrated if older.

    Raises ConfigurationError if the URL is wrong, the state cannot be opened, or a newer version wrote it;
    its subclass UnreachableError if the server is unavailable. Errors in later use are a RetriableError
    (a full disk, an unavailable server) or a FatalError (a damaged file, a wrong password).
    """
    engine = _engine(_parsed(url))
    event.listen(engine, "handle_error", _explain)
    try:
        _prepare(engine, steps)
    except BaseException as error:
        engine.dispose()
        if isinstance(error, RetriableError) and is_shared(engine):
            raise UnreachableError(str(error)) from error
        if isinstance(error, RetriableError | FatalError):
            raise ConfigurationError(str(error)) from error
        raise
    return engine


def open_for_reading(url: str, steps: Sequence[Step] = STEPS) -> tuple[Engine, str | None]:
    """An engine on an SQLite state that leaves it as it is, also while another process writes to it.

    A state on a server is opened as by `open_database`, with which others can use it, too. If there is no state of this version, the engine is on an empty one in memory, and the second value says
    why. Raises ConfigurationError if a newer version wrote the state, or if it is damaged.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite":
        return open_database(url, steps), None
    why = f"no sync has run yet: {Path(str(parsed.database)).absolute()} is missing"
    engine = reading_engine(parsed)
    if engine is not None:
        event.listen(engine, "handle_error", _explain)
        try:
            why = _unreadable(engine, steps)
        except BaseException as error:
            engine.dispose()
            if isinstance(error, RetriableError | FatalError):
                raise ConfigurationError(str(error)) from error
            raise
        if not why:
            return engine, None
        engine.dispose()
    memory = memory_engine()
    _prepare(memory, steps)
    return memory, why


def _unreadable(engine: Engine, steps: Sequence[Step]) -> str:
    """Why a state cannot be read as it is; empty if it can. Raises ConfigurationError for a newer version."""
    with engine.connect() as connection:
        found = _version(connection)
        names = inspect(connection).get_table_names()
    where = Path(str(engine.url.database)).absolute()
    if found is None:
        return f"no sync has run yet: {where} is empty"
    require_known(found, shown(engine.url), steps)
    if found < current_version(steps) or not tables.metadata.tables.keys() <= set(names):
        return (
            f"{where} was made by an older ci-health: the next `sync` or `run` of this version "
            "brings it up to date"
        )
    return ""


def _prepare(engine: Engine, steps: Sequence[Step]) -> None:
    with engine.begin() as connection:
        if is_shared(engine):
            hold_while_making(connection)
        _bring_up_to_date(connection, steps)


def _bring_up_to_date(connection: Connection, steps: Sequence[Step]) -> None:
    """Create missing tables and migrate; a step that fails leaves the state unchanged."""
    found = _version(connection)
    if found is not None:
        require_known(found, shown(connection.engine.url), steps)
        migrate(connection, found, steps)
    tables.metadata.create_all(connection)
    if found != current_version(steps):
        upsert(connection, tables.facts, {"name": "version", "value": current_version(steps)})


def _version(connection: Connection) -> int | None:
    """The version recorded in the state; None if it is new."""
    if not inspect(connection).has_table(tables.facts.name):
        return None
    version: int | None = connection.scalar(_VERSION)
    return version


def require_current(connection: Connection) -> None:
    """Raise ConfigurationError where a newer version has migrated the state since this process opened it."""
    found = connection.scalar(_VERSION)
    if found is not None:
        require_known(found, shown(connection.engine.url), STEPS)


def is_shared(engine: Engine | Connection) -> bool:
    """Whether several processes may use this state concurrently."""
    return engine.dialect.name == "postgresql"


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            "state.url is no database URL: write for example postgresql://host/name"
        ) from None


def shown(url: URL) -> str:
    """The URL for messages: without the password, which may also be in its query."""
    return url.set(query={}).render_as_string()


def _engine(url: URL) -> Engine:
    match url.get_backend_name():
        case "sqlite":
            return sqlite_engine(url)
        case "postgresql" | "postgres":
            return postgres_engine(url)
        case other:
            raise ConfigurationError(
                f"state.url names {other}, which is not supported: write for example postgresql://host/name"
            )


def _explain(context: ExceptionContext) -> None:
    """Raise errors of the database itself, not those of a wrong statement, as an error with a sentence."""
    error = context.sqlalchemy_exception
    if context.is_pre_ping or not isinstance(error, DBAPIError):
        # A connection that was closed while idle is replaced silently.
        return
    where = shown(context.engine.url) if context.engine is not None else "state.url"
    explain = postgres_trouble if context.dialect.name == "postgresql" else sqlite_trouble
    trouble = explain(error, where)
    if trouble is not None:
        raise trouble from error


def upsert(connection: Connection, table: Table, *rows: dict[str, Any]) -> None:
    """Insert rows with the same columns, or replace rows with the same primary key."""
    if rows:
        connection.execute(_upsert(table, connection.dialect.name, tuple(rows[0])), rows)


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one with the same unique columns is there; returns whether it was inserted."""
    made = _insert(table, connection.dialect.name).values(**row).on_conflict_do_nothing()
    return connection.execute(made).rowcount == 1


def _insert(table: Table, dialect: str) -> Any:
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)


@cache
def _upsert(table: Table, dialect: str, columns: tuple[str, ...]) -> Executable:
    """The statement, built once, so that SQLAlchemy also compiles it only once."""
    made = _insert(table, dialect)
    keys = [column.name for column in table.primary_key]
    changed = {name: made.excluded[name] for name in columns if name not in keys}
    statement: Executable = made.values({name: bindparam(name) for name in columns}).on_conflict_do_update(
        index_elements=keys, set_=changed
    )
    return statement

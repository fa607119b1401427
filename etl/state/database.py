"""Opens the state: creates it, checks its version, keeps it private."""

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    ExceptionContext,
    Executable,
    Table,
    bindparam,
    create_engine,
    event,
    insert,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from etl.errors import CiHealthError, ConfigurationError, FatalError, RetriableError
from etl.state import tables

_PRIVATE = 0o600

# What no later try mends. Source: SQLite's documentation, "Result and Error Codes".
_BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
# A defect of ours, or a schema of somebody else's.
_STATEMENT = "SQLITE_ERROR"


def open_database(url: str) -> Engine:
    """An engine on a state of this version, created where missing.

    Raises ConfigurationError where the URL is wrong, the state cannot be opened, or it was written
    by a newer version. Later, a state that cannot be used is a RetriableError (a full disk, a server
    that is away) or a FatalError (a damaged file).
    """
    engine = _engine(url)
    event.listen(engine, "handle_error", _explain)
    try:
        tables.metadata.create_all(engine)
        _check_version(engine)
    except (RetriableError, FatalError) as error:
        raise ConfigurationError(str(error)) from error
    return engine


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError(
            "state.url is no database URL: write for example postgresql://host/name"
        ) from None
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
    if is_file and parsed.database:
        _create_private(Path(parsed.database))
    try:
        # Errors show the statement, but not the names and messages that went with it.
        engine = create_engine(parsed, hide_parameters=True)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigurationError(f"state.url names a database that is not supported here: {error}") from None
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
    return engine


def _explain(context: ExceptionContext) -> None:
    """Raise what happens to the database, rather than what is wrong with a statement, as a sentence."""
    error, engine = context.sqlalchemy_exception, context.engine
    kind = str(getattr(context.original_exception, "sqlite_errorname", ""))
    about_database = isinstance(error, OperationalError) or type(error) is DatabaseError
    if about_database and kind != _STATEMENT:
        where = engine.url.render_as_string() if engine is not None else "state.url"
        raise _unusable(context.original_exception, kind, where) from error


def _unusable(error: BaseException, kind: str, where: str) -> CiHealthError:
    sentence = f"the state at {where} cannot be used: {error}; docs/operations.md says what to do"
    return FatalError(sentence) if kind.startswith(_BROKEN) else RetriableError(sentence)


def _create_private(path: Path) -> None:
    """Messages and names of private repositories are in it: nobody else may read it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(_PRIVATE, exist_ok=True)
        with suppress(PermissionError):
            path.chmod(_PRIVATE)
    except OSError as error:
        raise ConfigurationError(
            f"the state file {path} cannot be created: {error.strerror}; check data_dir"
        ) from None


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # WAL: readers beside the writer; a process that dies loses nothing that was committed.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _check_version(engine: Engine) -> None:
    with engine.begin() as connection:
        found = connection.scalar(select(tables.facts.c.value).where(tables.facts.c.name == "version"))
        if found is None:
            connection.execute(insert(tables.facts).values(name="version", value=tables.VERSION))
        elif found > tables.VERSION:
            raise ConfigurationError(
                f"the state at {engine.url.render_as_string()} has version {found}, and this ci-health "
                f"knows versions up to {tables.VERSION}: install the newer ci-health that wrote it"
            )


def upsert(connection: Connection, table: Table, *rows: dict[str, Any]) -> None:
    """Insert rows of equal columns, or replace what is there by their primary keys."""
    if rows:
        connection.execute(_upsert(table, connection.dialect.name, tuple(rows[0])), rows)


@cache
def _upsert(table: Table, dialect: str, columns: tuple[str, ...]) -> Executable:
    """The statement, made once: SQLAlchemy compiles it once then, too."""
    made = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {name: made.excluded[name] for name in columns if name not in keys}
    statement: Executable = made.values({name: bindparam(name) for name in columns}).on_conflict_do_update(
        index_elements=keys, set_=changed
    )
    return statement

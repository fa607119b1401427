"""SQLite as the state of one process: a private file, and what its errors mean."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, StaticPool, create_engine, event
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from etl.errors import CiHealthError, ConfigurationError, FatalError, RetriableError

_PRIVATE = 0o600
# A reader waits only for a writer that folds its log into the file.
_READER_TIMEOUT_S = 5.0

# Errors that no retry fixes. Source: SQLite's documentation, "Result and Error Codes".
_BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
# A bug here, or the schema of another application.
_STATEMENT = "SQLITE_ERROR"


def sqlite_engine(url: URL) -> Engine:
    """An engine on a file that only its owner can access; raises ConfigurationError if it cannot be created."""
    if url.database not in (None, "", ":memory:"):
        _create_private(Path(str(url.database)))
    # Errors show the statement, but not its parameters, which are names and messages.
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _configure)
    return engine


def memory_engine() -> Engine:
    """An engine on an empty database in memory, which is gone when the engine is disposed of."""
    return create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}, hide_parameters=True
    )


def reading_engine(url: URL) -> Engine | None:
    """An engine that reads the file and cannot change it, whoever writes to it; None if there is no file."""
    path = Path(str(url.database)).absolute()
    if not os.path.exists(path):  # noqa: PTH110 (False also where the folder may not be entered)
        return None
    # Not `mode=ro`: such a connection leaves the files of the write-ahead log behind.
    file = f"file:{quote(str(path))}?mode=rw"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(file, uri=True, timeout=_READER_TIMEOUT_S, check_same_thread=False)
        connection.execute("PRAGMA query_only=ON")
        return connection

    return create_engine(url, creator=connect, hide_parameters=True)


def sqlite_trouble(error: DBAPIError, where: str) -> CiHealthError | None:
    """The error of the file, with a sentence; None if a statement was wrong."""
    kind = str(getattr(error.orig, "sqlite_errorname", ""))
    about_file = isinstance(error, OperationalError) or type(error) is DatabaseError
    if kind == _STATEMENT or not about_file:
        return None
    sentence = f"the state at {where} cannot be used: {error.orig}; docs/operations.md says what to do"
    return FatalError(sentence) if kind.startswith(_BROKEN) else RetriableError(sentence)


def _create_private(path: Path) -> None:
    """Create the file for its owner only: it contains messages and names of private repositories."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(_PRIVATE, exist_ok=True)
        with suppress(PermissionError):
            path.chmod(_PRIVATE)
    except OSError as error:
        raise ConfigurationError(
            f"the state file {path} cannot be created: {error.strerror}; check data_dir"
        ) from None


def _configure(connection: Any, _record: Any) -> None:
    # WAL lets readers work during a write; a process that dies loses nothing that was committed.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")

"""PostgreSQL as a state shared by several workers: the engine, and what its errors mean."""

from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError

from etl.errors import ConfigurationError, FatalError, RetriableError
from etl.extras import Extra, needs

# An advisory lock while tables are created: CREATE TABLE IF NOT EXISTS fails if two processes run it concurrently.
_MAKING: Final = 0x6369_6865
# A server that disappears silently is noticed within a minute. A process that stops in the middle of a
# transaction does not keep its locks forever, and no process waits for a lock forever.
_CONNECTION: Final[dict[str, Any]] = {
    "application_name": "ci-health",
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "options": "-c idle_in_transaction_session_timeout=60s -c lock_timeout=20s",
}
# SQLSTATE classes that somebody has to fix: 28 authorization, 3D no such database, 42501 no privilege.
# Source: PostgreSQL's documentation, appendix A.
_REFUSED = ("28", "3D", "42501")
# If the connection itself fails, there is no SQLSTATE, only libpq's text.
_REFUSED_TEXTS = ("authentication failed", "does not exist", "no password supplied", "no pg_hba.conf entry")


def postgres_engine(url: URL) -> Engine:
    """An engine with psycopg 3; a connection that the server closed while idle is replaced silently.

    Raises ConfigurationError for an option in the URL that PostgreSQL does not know.
    """
    _require_options(url)
    return create_engine(
        _for_psycopg(url),
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=20,
        connect_args={name: value for name, value in _CONNECTION.items() if name not in url.query},
    )


def connection_arguments(url: str) -> dict[str, Any]:
    """Arguments with which psycopg connects to a state: for the queue, which has its own connections."""
    parsed = _for_psycopg(make_url(url))
    _, arguments = parsed.get_dialect()().create_connect_args(parsed)
    return {**_CONNECTION, **arguments}


def _require_options(url: URL) -> None:
    # Imported only when needed, so that other users do not wait for the driver.
    with needs(Extra.POSTGRESQL, "a state in PostgreSQL"):
        from psycopg import ProgrammingError  # noqa: PLC0415
        from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    try:
        make_conninfo("", **dict.fromkeys(url.query, ""))
    except ProgrammingError as error:
        raise ConfigurationError(
            f"state.url: {str(error).strip()}; the options are those of libpq, such as sslmode"
        ) from None


def _for_psycopg(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg")


def hold_while_making(connection: Connection) -> None:
    """Let one process at a time create the tables; the lock ends with the transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MAKING})


def postgres_trouble(error: DBAPIError, where: str) -> RetriableError | FatalError | None:
    """The error of the server or the connection, with a sentence; None if a statement was wrong."""
    if not isinstance(error, OperationalError | InternalError) and not _sqlstate(error.orig).startswith(
        _REFUSED
    ):
        return None
    return server_trouble(error.orig, where)


def server_trouble(error: BaseException | None, where: str) -> RetriableError | FatalError:
    """The same for a psycopg error that is known to be about the server or the connection."""
    state = _sqlstate(error)
    # The statement follows after the first line.
    words = " ".join(str(error).split("\nLINE ", maxsplit=1)[0].split())
    refused = state.startswith(_REFUSED) or (not state and any(part in words for part in _REFUSED_TEXTS))
    sentence = f"the state at {where} cannot be used: {words}"
    if refused:
        return FatalError(f"{sentence}; check the user, the password and the database in state.url")
    return RetriableError(f"{sentence}; check that PostgreSQL runs and can be reached from here")


def _sqlstate(error: BaseException | None) -> str:
    return str(getattr(error, "sqlstate", None) or "")

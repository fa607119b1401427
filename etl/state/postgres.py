"""PostgreSQL as the state that several workers share: the engine, and what its errors mean."""

from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError

from etl.errors import ConfigurationError, FatalError, RetriableError
from etl.extras import Extra, needs

# One advisory lock while the tables are made: CREATE TABLE IF NOT EXISTS fails where two do it at once.
_MAKING: Final = 0x6369_6865
# A server that vanishes is noticed within a minute; a process that stops in the middle of a
# transaction does not hold its locks forever, and nobody waits for them forever.
_CONNECTION: Final[dict[str, Any]] = {
    "application_name": "ci-health",
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "options": "-c idle_in_transaction_session_timeout=60s -c lock_timeout=20s",
}
# Classes of SQLSTATE that somebody has to mend: 28 authorization, 3D no such database, 42501 no privilege.
# Source: PostgreSQL's documentation, appendix A.
_REFUSED = ("28", "3D", "42501")
# Where the connection itself fails there is no SQLSTATE, only libpq's text.
_REFUSED_TEXTS = ("authentication failed", "does not exist", "no password supplied", "no pg_hba.conf entry")


def postgres_engine(url: URL) -> Engine:
    """An engine by psycopg 3; a connection that the server closed meanwhile is replaced unnoticed.

    Raises ConfigurationError for an option of the URL that PostgreSQL does not have.
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
    """What psycopg itself takes to connect to a state: for the queue, which has connections of its own."""
    parsed = _for_psycopg(make_url(url))
    _, arguments = parsed.get_dialect()().create_connect_args(parsed)
    return {**_CONNECTION, **arguments}


def _require_options(url: URL) -> None:
    # Who has no server need not wait until its driver is imported.
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
    """Let one process at a time make the tables; the lock goes with the transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MAKING})


def postgres_trouble(error: DBAPIError, where: str) -> RetriableError | FatalError | None:
    """What happened to the server or the connection, as a sentence; None for what is wrong with a statement."""
    if not isinstance(error, OperationalError | InternalError) and not _sqlstate(error.orig).startswith(
        _REFUSED
    ):
        return None
    return server_trouble(error.orig, where)


def server_trouble(error: BaseException | None, where: str) -> RetriableError | FatalError:
    """The same of an error of psycopg's own that is known to be about the server or the connection."""
    state = _sqlstate(error)
    # Below the first line stands the statement.
    words = " ".join(str(error).split("\nLINE ", maxsplit=1)[0].split())
    refused = state.startswith(_REFUSED) or (not state and any(part in words for part in _REFUSED_TEXTS))
    sentence = f"the state at {where} cannot be used: {words}"
    if refused:
        return FatalError(f"{sentence}; check the user, the password and the database in state.url")
    return RetriableError(f"{sentence}; check that PostgreSQL runs and can be reached from here")


def _sqlstate(error: BaseException | None) -> str:
    return str(getattr(error, "sqlstate", None) or "")

"""PostgreSQL as the state that several workers share: the engine, and what its errors mean."""

from typing import Final

from psycopg import OperationalError
from sqlalchemy import URL, Connection, Engine, create_engine, text

from etl.errors import CiHealthError, FatalError, RetriableError

# One advisory lock while the tables are made: CREATE TABLE IF NOT EXISTS fails where two do it at once.
_MAKING: Final = 0x6369_6865
_CONNECT_S = 10
# Classes of SQLSTATE that somebody has to mend: 28 authorization, 3D no such database, 42501 no privilege.
# Source: PostgreSQL's documentation, appendix A.
_REFUSED = ("28", "3D", "42501")
# Where the connection itself fails there is no SQLSTATE, only libpq's text.
_REFUSED_TEXTS = ("authentication failed", "does not exist", "no password supplied", "no pg_hba.conf entry")


def postgres_engine(url: URL) -> Engine:
    """An engine by psycopg 3; a connection that the server closed meanwhile is replaced unnoticed."""
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=20,
        connect_args={"connect_timeout": _CONNECT_S, "application_name": "ci-health"},
    )


def hold_while_making(connection: Connection) -> None:
    """Let one process at a time make the tables; the lock goes with the transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MAKING})


def postgres_trouble(error: BaseException, where: str) -> CiHealthError | None:
    """What happened to the server or the connection, as a sentence; None for what is wrong with a statement."""
    state = str(getattr(error, "sqlstate", None) or "")
    if not isinstance(error, OperationalError) and not state.startswith(_REFUSED):
        return None
    # Below the first line stands the statement.
    words = " ".join(str(error).split("\nLINE ", maxsplit=1)[0].split())
    refused = state.startswith(_REFUSED) or (not state and any(part in words for part in _REFUSED_TEXTS))
    sentence = f"the state at {where} cannot be used: {words}"
    if refused:
        return FatalError(f"{sentence}; check the user, the password and the database in state.url")
    return RetriableError(f"{sentence}; check that PostgreSQL runs and can be reached from here")

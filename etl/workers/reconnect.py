"""Survives a PostgreSQL that is briefly unavailable, as during a restart, and explains its errors."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from procrastinate.exceptions import ConnectorException
from psycopg import OperationalError

from etl.state.postgres import server_trouble

log = structlog.get_logger(__name__)

_AGAIN_S: Final = 5.0


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Raise errors of the server or the connection as RetriableError or FatalError."""
    try:
        yield
    except (OperationalError, ConnectorException) as error:
        cause = _cause(error)
        if not isinstance(cause, OperationalError):
            raise
        raise server_trouble(cause, where) from error


def _cause(error: Exception) -> BaseException | None:
    """The error of psycopg, which Procrastinate wraps."""
    return error.__cause__ if isinstance(error, ConnectorException) else error


async def give_up(tasks: Collection[asyncio.Task[None]], seconds: float) -> None:
    """Cancel tasks, and wait up to `seconds` until they have handed back their jobs.

    If the server is unavailable, other workers take the jobs once this process's heartbeat is too old.
    """
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)


async def run_forever(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run work that should never end, and start it again whenever it does, until cancelled."""
    while True:
        reason = None
        try:
            await work()
        except Exception as error:  # noqa: BLE001
            reason = " ".join(str(_cause(error)).split())
        # An error during the cancellation hides the CancelledError.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            return
        log.warning("the queue cannot be reached: trying again", queue=name, reason=reason)
        await asyncio.sleep(_AGAIN_S)

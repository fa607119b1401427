"""A PostgreSQL that is away for a moment, as a restart makes it: told as a sentence, and outlived."""

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
    """Raise what happens to the server or the connection as RetriableError or FatalError."""
    try:
        yield
    except (OperationalError, ConnectorException) as error:
        cause = _cause(error)
        if not isinstance(cause, OperationalError):
            raise
        raise server_trouble(cause, where) from error


def _cause(error: Exception) -> BaseException | None:
    """What psycopg says, where Procrastinate only says that there was something."""
    return error.__cause__ if isinstance(error, ConnectorException) else error


async def give_up(tasks: Collection[asyncio.Task[None]], seconds: float) -> None:
    """Cancel tasks, and wait so long until they have handed back what they had.

    What a server that is away does not take back, others take when they no longer hear of this process.
    """
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)


async def run_forever(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do work that never ends by itself until this is cancelled: where it ends all the same, once more."""
    while True:
        reason = None
        try:
            await work()
        except Exception as error:  # noqa: BLE001
            reason = " ".join(str(_cause(error)).split())
        # What fails while it is cancelled hides the cancellation.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            return
        log.warning("the queue cannot be reached: trying again", queue=name, reason=reason)
        await asyncio.sleep(_AGAIN_S)

"""How jobs end: also where PostgreSQL is away for a moment, or another worker has taken them."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg.errors import RaiseException

log = structlog.get_logger(__name__)

# Together half a minute: then the worker has no heartbeat either, and the job is another's.
_PAUSES_S: Final = (1, 2, 4, 8, 16)


class Jobs(JobManager):
    """Procrastinate's jobs. One that was taken from its worker ends there without a word."""

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """End a job of this worker."""
        finish = super().finish_job
        await _persist(lambda: finish(job, status, delete_job))

    async def retry_job(
        self,
        job: Job,
        retry_at: dt.datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Hand a job of this worker back."""
        retry = super().retry_job
        await _persist(lambda: retry(job, retry_at, priority, queue, lock))

    async def take(self, job: Job) -> bool:
        """End a job of another worker; False where it has ended meanwhile."""
        try:
            await super().finish_job(job, Status.FAILED, delete_job=False)
        except ConnectorException as error:
            if not isinstance(error.__cause__, RaiseException):
                raise
            return False
        return True


async def _persist(change: Callable[[], Awaitable[None]]) -> None:
    """What is not written now would keep the repository locked for as long as this worker lives."""
    for pause in (*_PAUSES_S, None):
        try:
            await change()
        except ConnectorException as error:
            if isinstance(error.__cause__, RaiseException):
                log.debug("a job that was taken from this worker has ended here too")
                return
            if pause is None:
                raise
            await asyncio.sleep(pause)
        else:
            return

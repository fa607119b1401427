"""How jobs end: also where PostgreSQL is away for a moment, or another worker has taken them."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable
from itertools import chain, repeat
from typing import Final, TypeVar

import structlog
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg import OperationalError
from psycopg.errors import RaiseException

log = structlog.get_logger(__name__)

_Answer = TypeVar("_Answer")

_PAUSES_S: Final = (1, 2, 4, 8, 16)


class Jobs(JobManager):
    """Procrastinate's jobs; where PostgreSQL is away, work that is under way goes on, and nothing begins.

    A job that was taken from its worker ends there silently.
    """

    def __init__(self, connector: BaseConnector) -> None:
        super().__init__(connector)
        self._away = False

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """The next job; None also where somebody else got its lock at the same moment."""
        fetch = super().fetch_job
        try:
            return await self._unless_away(lambda: fetch(queues, worker_id))
        except UniqueViolation:
            return None

    async def update_heartbeat(self, worker_id: int) -> None:
        """Tell that the worker lives."""
        update = super().update_heartbeat
        await self._unless_away(lambda: update(worker_id))

    async def defer_periodic_job(self, job: Job, periodic_id: str, defer_timestamp: int) -> int | None:
        """Ask for what is due."""
        defer = super().defer_periodic_job
        return await self._unless_away(lambda: defer(job, periodic_id, defer_timestamp))

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
        """Hand a job of this worker back; where the next one for the same already waits, that one does for both."""
        retry = super().retry_job
        try:
            await _persist(lambda: retry(job, retry_at, priority, queue, lock))
        except UniqueViolation:
            await self.finish_job(job, Status.ABORTED, delete_job=False)

    async def take(self, job: Job) -> bool:
        """End a job of another worker; False where it has ended meanwhile."""
        try:
            # Not as failed: that its worker could still revive.
            await super().finish_job(job, Status.ABORTED, delete_job=False)
        except ConnectorException as error:
            if not isinstance(error.__cause__, RaiseException):
                raise
            return False
        return True

    async def _unless_away(self, call: Callable[[], Awaitable[_Answer]]) -> _Answer | None:
        try:
            answer = await call()
        except ConnectorException as error:
            if not isinstance(error.__cause__, OperationalError):
                raise
            if not self._away:
                reason = " ".join(str(error.__cause__).split())
                log.warning("the queue cannot be reached: what is under way goes on", reason=reason)
            self._away = True
            return None
        if self._away:
            log.info("the queue is there again")
        self._away = False
        return answer


async def _persist(change: Callable[[], Awaitable[None]]) -> None:
    """Write how a job ended, however long the server is away: else its repository would stay locked.

    Nobody awaits the task that does this, so all that it raises is UniqueViolation, which its callers handle.
    """
    for pause in chain(_PAUSES_S, repeat(_PAUSES_S[-1])):
        try:
            await change()
        except UniqueViolation:
            raise
        except ConnectorException as error:
            if isinstance(error.__cause__, RaiseException):
                log.debug("a job that was taken from this worker has ended here too")
                return
            await asyncio.sleep(pause)
        else:
            return

"""Ends jobs reliably, even if PostgreSQL is briefly unavailable or another worker has taken them."""

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
    """Procrastinate's job manager; while PostgreSQL is unavailable, running jobs continue and none start.

    If another worker took over a job, its old worker ends it quietly.
    """

    def __init__(self, connector: BaseConnector) -> None:
        super().__init__(connector)
        self._away = False

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """The next job; None also if another worker got its lock at the same moment."""
        fetch = super().fetch_job
        try:
            return await self._unless_away(lambda: fetch(queues, worker_id))
        except UniqueViolation:
            return None

    async def update_heartbeat(self, worker_id: int) -> None:
        """Record that the worker is alive."""
        update = super().update_heartbeat
        await self._unless_away(lambda: update(worker_id))

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
        """Hand a job of this worker back; if the next one for the repository is already queued, only that one runs."""
        delay = None if retry_at is None else retry_at - dt.datetime.now(dt.UTC)
        retry = super().retry_job

        async def hand_back() -> None:
            await retry(job, await self._by_server(delay), priority, queue, lock)

        try:
            await _persist(hand_back)
        except UniqueViolation:
            await self.finish_job(job, Status.ABORTED, delete_job=False)

    async def _by_server(self, delay: dt.timedelta | None) -> dt.datetime | None:
        """A time from now by PostgreSQL's clock, by which it gives jobs: this machine's may be wrong."""
        if delay is None:
            return None
        now: dt.datetime = (await self.connector.execute_query_one_async("SELECT now() AS now"))["now"]
        return now + delay

    async def take(self, job: Job) -> bool:
        """End a job of another worker; False if it has already ended."""
        try:
            # Not as failed: its worker could still retry a failed job.
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
                log.warning("the queue cannot be reached: running syncs continue", reason=reason)
            self._away = True
            return None
        if self._away:
            log.info("the queue can be reached again")
        self._away = False
        return answer


async def _persist(change: Callable[[], Awaitable[None]]) -> None:
    """Record how a job ended, however long the server is unavailable: its repository would stay locked otherwise.

    Nobody awaits the task that does this, so the only error raised is UniqueViolation, which callers handle.
    """
    for pause in chain(_PAUSES_S, repeat(_PAUSES_S[-1])):
        try:
            await change()
        except UniqueViolation:
            raise
        except ConnectorException as error:
            if isinstance(error.__cause__, RaiseException):
                log.debug("a job that another worker took has ended here too")
                return
            await asyncio.sleep(pause)
        else:
            return

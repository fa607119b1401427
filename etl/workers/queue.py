"""The queue of a shared state: which repositories to sync, which worker does it, and which workers are gone.

Procrastinate (https://procrastinate.readthedocs.io) keeps its jobs in the state's database. Its `lock` allows
one running job per repository, its `queueing_lock` one waiting job; every worker writes a heartbeat.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job
from sqlalchemy import make_url

from etl.state.database import shown
from etl.state.postgres import connection_arguments
from etl.workers.job_manager import Jobs
from etl.workers.reconnect import explained
from etl.workers.schema import prepare_queue

log = structlog.get_logger(__name__)

SYNC: Final = "sync"
HOLD: Final = "hold"
_OLD_H: Final = 24
# A server that gives no connection for so long is unavailable.
_CONNECT_TIMEOUT_S: Final = 5.0

# Tasks that run for too long, and commands that were killed while they waited for a repository.
_OVERDUE: Final = """
SELECT id, status, task_name, priority, lock, queueing_lock, args, scheduled_at, queue_name, attempts, worker_id
FROM procrastinate_jobs AS job
WHERE status = %(status)s AND task_name = %(task)s AND (
    SELECT max(at) FROM procrastinate_events AS event WHERE event.job_id = job.id AND event.type = %(since)s
) < now() - make_interval(secs => %(seconds)s)
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """The queue's intervals, in seconds; tests use shorter ones.

    `limit` is how long a task may take before another worker gets its repository. A worker whose last
    `heartbeat` is `stalled` seconds old is gone. Every `tick` due syncs are queued, and every `rescue`
    the tasks of gone workers are queued again; `poll` is how long a free lock may go unnoticed.
    """

    limit: float
    tick: int
    heartbeat: float = 10.0
    stalled: float = 30.0
    rescue: int = 10
    poll: float = 2.0

    @classmethod
    def of(cls, limit: timedelta, interval: timedelta) -> "Pace":
        """The intervals for these settings."""
        return cls(limit.total_seconds(), max(1, min(60, int(interval.total_seconds()))))


class Queue:
    """The jobs of a shared state; `where` is its URL without the password."""

    def __init__(self, connector: PsycopgConnector, pace: Pace, where: str) -> None:
        self.app = App(connector=connector)
        self.app.job_manager = self._jobs = Jobs(connector)
        self.pace = pace
        self.where = where

    async def ask(self, repositories: Iterable[str]) -> None:
        """Queue a sync of each repository, unless one is already waiting."""
        for name in repositories:
            sync = self.app.configure_task(SYNC, queue=SYNC, lock=name, queueing_lock=name)
            try:
                await sync.defer_async(repository=name)
            except AlreadyEnqueued:
                continue

    async def rescue(self) -> None:
        """Give the tasks of workers that are gone, and tasks that take too long, to other workers.

        The job is ended and a new one takes its place. If its worker comes back after all, it can neither
        end nor unlock the new job.
        """
        for job in await self._jobs.get_stalled_jobs(seconds_since_heartbeat=self.pace.stalled):
            await self._take(job, "its worker is gone")
        # A worker ends its own task at the limit; if that hangs too, other workers do so a little later.
        for job in await self._overdue(SYNC, "doing", "started", self.pace.limit + self.pace.stalled):
            await self._take(job, "it takes longer than state.task_limit")
        for job in await self._overdue(HOLD, "todo", "deferred", self.pace.stalled):
            await self._take(job, "the command that asked for it is gone")

    async def forget_old(self) -> None:
        """Delete old jobs that have ended."""
        await self._jobs.delete_old_jobs(
            nb_hours=_OLD_H, include_failed=True, include_cancelled=True, include_aborted=True
        )

    async def _overdue(self, task: str, status: str, since: str, seconds: float) -> list[Job]:
        rows = await self.app.connector.execute_query_all_async(
            _OVERDUE, task=task, status=status, since=since, seconds=seconds
        )
        return [Job.from_row(row) for row in rows]

    async def _take(self, job: Job, reason: str) -> None:
        if not await self._jobs.take(job):
            return
        log.warning("a task was taken from its worker", task=job.task_name, about=job.lock, reason=reason)
        if job.task_name == SYNC and job.lock is not None:
            await self.ask([job.lock])


@asynccontextmanager
async def open_queue(url: str, pace: Pace) -> AsyncIterator[Queue]:
    """The queue in the PostgreSQL database of a state; its tables are created if missing.

    Raises ConfigurationError if they belong to another application, RetriableError if the server is unavailable.
    """
    connector = PsycopgConnector(
        kwargs=connection_arguments(url),
        min_size=1,
        max_size=10,
        timeout=_CONNECT_TIMEOUT_S,
        # The pool tries less and less often until this is over, and starts again at the next request.
        reconnect_timeout=_CONNECT_TIMEOUT_S,
    )
    queue = Queue(connector, pace, shown(make_url(url)))
    async with AsyncExitStack() as stack:
        with explained(queue.where):
            await stack.enter_async_context(queue.app.open_async())
            await prepare_queue(connector.pool)
        yield queue

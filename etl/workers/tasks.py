"""The tasks of a worker: syncing repositories and maintaining the queue."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from math import inf
from time import monotonic
from typing import Final

import structlog
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job

from etl.errors import ConfigurationError
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.judge import judge_after
from etl.pipeline.schedule import webhooks_arriving
from etl.pipeline.summary import Summary
from etl.pipeline.sync import sync_repository
from etl.workers.queue import SYNC, Queue

log = structlog.get_logger(__name__)

UPKEEP: Final = "upkeep"
_EVERY_WINDOW_S: Final = timedelta(hours=1).total_seconds()
_TRIES: Final = 3
_AGAIN_S: Final = 5


class TryAgainError(Exception):
    """A sync failed and its error is logged: another worker may succeed."""


class ElsewhereError(Exception):
    """A sync of the repository hung in this process, or still does: another worker should do it."""


class Retries(BaseRetryStrategy):
    """An interrupted sync continues immediately on any free worker; a failed one is tried again a little later."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Called by Procrastinate when a task raised."""
        if isinstance(exception, asyncio.CancelledError | TimeoutError):
            return RetryDecision(retry_in={"seconds": 0})
        if isinstance(exception, ElsewhereError):
            return RetryDecision(retry_in={"seconds": 1})
        if job.attempts + 1 < _TRIES:
            return RetryDecision(retry_in={"seconds": _AGAIN_S * (job.attempts + 1)})
        return None


class Tasks:
    """The tasks of one worker process, on its pipeline; `done` is called with the summary of each sync."""

    def __init__(
        self, queue: Queue, pipeline: Pipeline, delivery: Delivery, done: Callable[[Summary], None]
    ) -> None:
        self._queue = queue
        self._pipeline = pipeline
        self._delivery = delivery
        self._done = done
        self._under_way: set[str] = set()
        self._left_until: dict[str, float] = {}

    def register(self) -> None:
        """Register the tasks with the queue, and when they are due."""
        app, pace = self._queue.app, self._queue.pace
        app.task(name=SYNC, queue=SYNC, pass_context=True, retry=Retries())(self.sync)
        for name, every, work in (
            ("due", pace.tick, self.due),
            ("rescue", pace.rescue, self.rescue),
            ("forget", 3_600, self.forget),
        ):
            # Without a lock: if a worker stops in the middle of one, others must be able to run it.
            task = app.task(name=name, queue=UPKEEP, queueing_lock=name)(work)
            app.periodic(cron=cron(every))(task)

    async def sync(self, context: JobContext, repository: str) -> None:
        """Sync one repository; raises if another worker should continue or try again."""
        if repository not in await self._pipeline.repositories.names():
            log.warning(
                "a sync was queued for a repository that is not configured here", repository=repository
            )
            return
        if repository in self._under_way or monotonic() < self._left_until.get(repository, 0.0):
            raise ElsewhereError
        self._under_way.add(repository)
        try:
            summary = await self._sync(repository)
        finally:
            self._under_way.remove(repository)
        if summary is not None and summary.error is not None and context.job.attempts + 1 < _TRIES:
            raise TryAgainError(summary.error)

    async def _sync(self, repository: str) -> Summary | None:
        """Sync it within the time limit; None if another worker has taken over."""
        limit = self._queue.pace.limit
        try:
            async with asyncio.timeout(limit):
                summary = await sync_repository(
                    self._pipeline,
                    self._delivery,
                    repository,
                    newest_only=await self._newest_only(repository),
                    nightly=True,
                )
                await judge_after(self._pipeline, self._delivery, summary)
        except ConfigurationError as error:
            log.error("sync failed", repository=repository, reason=str(error))  # noqa: TRY400
            return None
        except TimeoutError:
            self._left_until[repository] = monotonic() + self._queue.pace.stalled
            log.warning(
                "a sync took longer than state.task_limit: the next free worker continues it",
                repository=repository,
                seconds=limit,
            )
            raise
        if summary.superseded:
            return None
        self._done(summary)
        return summary

    async def due(self, timestamp: int) -> None:
        """Queue every repository that is due, if an interval has begun since the last tick."""
        interval, tick = self._pipeline.settings.interval.total_seconds(), self._queue.pace.tick
        if timestamp // interval != (timestamp - tick) // interval:
            await self._queue.ask(
                [name for name in await self._pipeline.repositories.names() if await self._is_due(name)]
            )

    async def rescue(self, timestamp: int) -> None:
        """Take over tasks whose workers are gone or too slow."""
        del timestamp
        await self._queue.rescue()

    async def forget(self, timestamp: int) -> None:
        """Delete old jobs that have ended."""
        del timestamp
        await self._queue.forget_old()

    async def _is_due(self, repository: str) -> bool:
        return (
            not await self._webhooks_arriving(repository)
            or await self._swept_ago(repository) >= self._sweep_s
        )

    async def _newest_only(self, repository: str) -> bool:
        return (
            not await self._webhooks_arriving(repository)
            and await self._swept_ago(repository) < _EVERY_WINDOW_S
        )

    @property
    def _sweep_s(self) -> float:
        return self._pipeline.settings.http.webhooks.sweep.total_seconds()

    async def _webhooks_arriving(self, repository: str) -> bool:
        """Whether the repository's webhooks arrive: then it is synced only at every sweep, over all windows."""
        last = await self._pipeline.last_webhook_at(repository)
        return webhooks_arriving(None if last is None else self._pipeline.clock() - last, self._sweep_s)

    async def _swept_ago(self, repository: str) -> float:
        state = self._pipeline.state
        known = await state.call(state.repositories.get, repository)
        swept_at = known.swept_at if known else None
        ago = inf if swept_at is None else self._pipeline.clock() - swept_at
        # A sweep in the future was recorded with a clock that was ahead: it does not count.
        return ago if ago >= 0 else inf


def cron(seconds: int) -> str:
    """A cron expression for every `seconds` up to a minute, every minute, or every hour; the last field is seconds."""
    if seconds < 60:  # noqa: PLR2004
        return f"* * * * * */{seconds}"
    return "0 * * * *" if seconds >= 3_600 else "* * * * *"  # noqa: PLR2004

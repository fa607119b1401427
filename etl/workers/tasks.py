"""The task of a worker: syncing a repository."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Final

import structlog
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job

from etl.errors import ConfigurationError
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.judge import judge_after
from etl.pipeline.summary import Summary
from etl.pipeline.sync import sync_repository
from etl.workers.queue import SYNC, Queue
from etl.workers.upkeep import are_webhooks_arriving, swept_ago

log = structlog.get_logger(__name__)

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
    """The task of one worker process, on its pipeline; `done` is called with the summary of each sync."""

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
        """Register the task with the queue."""
        self._queue.app.task(name=SYNC, queue=SYNC, pass_context=True, retry=Retries())(self.sync)

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
                self._pipeline.synced.set()
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

    async def _newest_only(self, repository: str) -> bool:
        return (
            not await are_webhooks_arriving(self._pipeline, repository)
            and await swept_ago(self._pipeline, repository) < _EVERY_WINDOW_S
        )

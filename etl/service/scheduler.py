"""Starts a sync at every interval, in a process that shares its state with no other."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from etl.http.routes import Parts
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.schedule import Schedule
from etl.pipeline.summary import Summary
from etl.pipeline.sync import sync_all

log = structlog.get_logger(__name__)

_LAST_SYNC_S = 3.0


class Scheduler:
    """One sync at a time; `done` is called with the summary of each repository.

    APScheduler's own shutdown cancels running coroutines at once, so a sync under way gets some seconds
    first. Cut short, it loses nothing: points and the progress that covers them are committed together.
    """

    def __init__(self, pipeline: Pipeline, delivery: Delivery, done: Callable[[Summary], None]) -> None:
        self._pipeline = pipeline
        self._delivery = delivery
        self._done = done
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._schedule = Schedule(pipeline.settings.http.webhooks.sweep.total_seconds())
        self._current: asyncio.Task[None] | None = None

    def start(self) -> Parts:
        """Sync now, and then at every interval."""
        self._scheduler.add_job(
            self._tick,
            "interval",
            seconds=self._pipeline.settings.interval.total_seconds(),
            next_run_time=datetime.now(UTC),
            # A late sync is still wanted, and two that are due are one.
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
        self._scheduler.start()
        return {}

    async def stop(self) -> None:
        """Wait a little for the sync under way, then cancel it: what it committed stays."""
        self._scheduler.pause()
        # Let a tick that is due begin before the check below.
        await asyncio.sleep(0)
        if self._current is not None and not self._current.done():
            await asyncio.wait([self._current], timeout=_LAST_SYNC_S)
            if self._current.cancel():
                log.info("the sync under way was cut short: the next one goes on where it stopped")
                await asyncio.wait([self._current])
        self._scheduler.shutdown(wait=False)

    async def _tick(self) -> None:
        """What the scheduler runs. It returns at once: the scheduler cancels what still runs when it shuts down."""
        if self._current is None or self._current.done():
            self._current = asyncio.create_task(self._sync())
            self._current.add_done_callback(self._log_failure)

    def _log_failure(self, sync: asyncio.Task[None]) -> None:
        if not sync.cancelled() and (error := sync.exception()):
            log.error("sync failed", reason=str(error), exc_info=error if self._pipeline.debug else None)

    async def _sync(self) -> None:
        now = self._pipeline.clock()
        last_webhooks = {
            name: await self._pipeline.last_webhook_at(name)
            for name in await self._pipeline.repositories.names()
        }
        plan = self._schedule.due(last_webhooks, now)

        def done(summary: Summary) -> None:
            self._done(summary)
            if summary.error is None:
                self._schedule.done(summary.repository, now, newest_only=plan[summary.repository])

        await sync_all(self._pipeline, self._delivery, plan, done=done)

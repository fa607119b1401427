"""Starts a sync at every interval, in a process that shares its state with no other."""

import asyncio
from collections.abc import Callable
from time import monotonic

import structlog

from etl.http.routes import Parts
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.schedule import Schedule
from etl.pipeline.summary import Summary
from etl.pipeline.sync import sync_all

log = structlog.get_logger(__name__)

_LAST_SYNC_S = 3.0
# Intervals without a sync after which something is wrong here.
_MAX_MISSED = 3


class Scheduler:
    """One sync at a time; `done` is called with the summary of each repository.

    Intervals are those of the monotonic clock: setting the machine's clock moves no sync. Cut short, a sync
    loses nothing: points and the progress that covers them are committed together.
    """

    def __init__(self, pipeline: Pipeline, delivery: Delivery, done: Callable[[Summary], None]) -> None:
        self._pipeline = pipeline
        self._delivery = delivery
        self._done = done
        self._interval = pipeline.settings.interval.total_seconds()
        self._schedule = Schedule(pipeline.settings.http.webhooks.sweep.total_seconds())
        self._ticking: asyncio.Task[None] | None = None
        self._current: asyncio.Task[None] | None = None
        self._active_at = monotonic()

    def start(self) -> Parts:
        """Sync now, and then at every interval."""
        self._ticking = asyncio.create_task(self._tick())
        return {"the scheduler": self._ticking}

    async def stop(self) -> None:
        """Wait a little for the sync under way, then cancel it: what it committed stays."""
        # Let a tick that is due begin before it is stopped.
        await asyncio.sleep(0)
        if self._ticking is not None:
            self._ticking.cancel()
        if self._current is not None and not self._current.done():
            await asyncio.wait([self._current], timeout=_LAST_SYNC_S)
            if self._current.cancel():
                log.info("the sync under way was cut short: the next one goes on where it stopped")
                await asyncio.wait([self._current])

    def trouble(self) -> str | None:
        """That no sync has begun for several intervals, though none is under way."""
        idle = monotonic() - self._active_at
        is_idle = self._current is None or self._current.done()
        if is_idle and idle > _MAX_MISSED * self._interval + _LAST_SYNC_S:
            return f"no sync has begun for {idle:.0f} s"
        return None

    async def _tick(self) -> None:
        """Start a sync at every interval; one that takes longer is waited for until the next."""
        began = monotonic()
        while True:
            self._current = asyncio.create_task(self._sync())
            self._current.add_done_callback(self._end)
            await asyncio.wait([self._current])
            await asyncio.sleep(self._interval - (monotonic() - began) % self._interval)

    def _end(self, sync: asyncio.Task[None]) -> None:
        self._active_at = monotonic()
        if not sync.cancelled() and (error := sync.exception()):
            log.error("sync failed", reason=str(error), exc_info=error if self._pipeline.debug else None)

    async def _sync(self) -> None:
        now = monotonic()
        ages = {name: await self._webhook_age(name) for name in await self._pipeline.repositories.names()}
        plan = self._schedule.due(ages, now)

        def done(summary: Summary) -> None:
            self._done(summary)
            if summary.error is None:
                self._schedule.done(summary.repository, now, newest_only=plan[summary.repository])

        await sync_all(self._pipeline, self._delivery, plan, nightly=True, done=done)

    async def _webhook_age(self, name: str) -> float | None:
        last = await self._pipeline.last_webhook_at(name)
        return None if last is None else self._pipeline.clock() - last

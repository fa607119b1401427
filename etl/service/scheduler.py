"""Starts a sync at every interval, in a process that has its state to itself."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic, time

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from etl.http.routes import Parts
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.judge import judge_after
from etl.pipeline.schedule import Schedule
from etl.pipeline.summary import Summary
from etl.pipeline.sync import sync_all

log = structlog.get_logger(__name__)

_LAST_SYNC_S = 3.0
# After this many intervals without a sync, the scheduler is considered stuck.
_MAX_MISSED = 3
_JOB = "sync"
# How often to check the system clock, and by how much it must jump to count as changed.
_CLOCK_CHECK_S, _MIN_CLOCK_JUMP_S = 10.0, 2.0


class _Every(BaseTrigger):  # type: ignore[misc]
    """Fires one interval from now, not from the last due time, so a clock set ahead causes no catch-up."""

    def __init__(self, seconds: float) -> None:
        self._interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The next time to fire."""
        del previous_fire_time
        return now + self._interval


class Scheduler:
    """One sync at a time; `done` is called with the summary of each repository.

    APScheduler schedules by the system clock; when that changes, the next sync is rescheduled by the
    monotonic clock. APScheduler also cancels running coroutines on shutdown, so a running sync gets a few
    seconds to finish first. Cancelling it loses nothing: points and progress are committed together.
    """

    def __init__(self, pipeline: Pipeline, delivery: Delivery, done: Callable[[Summary], None]) -> None:
        self._pipeline = pipeline
        self._delivery = delivery
        self._done = done
        self._interval = pipeline.settings.interval.total_seconds()
        self._schedule = Schedule(pipeline.settings.http.webhooks.sweep.total_seconds())
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._watching: asyncio.Task[None] | None = None
        self._current: asyncio.Task[None] | None = None
        self._began_at = self._active_at = monotonic()

    def start(self) -> Parts:
        """Sync now and then at every interval."""
        self._scheduler.add_job(
            self._tick,
            _Every(self._interval),
            id=_JOB,
            next_run_time=datetime.now(UTC),
            # Run a late sync anyway, and merge several that are due into one.
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
        self._scheduler.start()
        self._watching = asyncio.create_task(self._watch_clock())
        return {"the scheduler": self._watching}

    async def stop(self) -> None:
        """Give the running sync a few seconds, then cancel it; what it has committed stays."""
        if self._watching is not None:
            self._watching.cancel()
        self._scheduler.pause()
        # Let a due tick start before the check below.
        await asyncio.sleep(0)
        if self._current is not None and not self._current.done():
            await asyncio.wait([self._current], timeout=_LAST_SYNC_S)
            if self._current.cancel():
                log.info("the running sync was cancelled: the next one resumes from there")
                await asyncio.wait([self._current])
        self._scheduler.shutdown(wait=False)

    def trouble(self) -> str | None:
        """A message if no sync is running and none has started for several intervals, else None."""
        idle = monotonic() - self._active_at
        is_idle = self._current is None or self._current.done()
        if is_idle and idle > _MAX_MISSED * self._interval + _LAST_SYNC_S:
            return f"no sync has begun for {idle:.0f} s"
        return None

    async def _tick(self) -> None:
        """Called by APScheduler. Returns at once, since a shutdown would cancel it."""
        if self._current is None or self._current.done():
            self._began_at = monotonic()
            self._current = asyncio.create_task(self._sync())
            self._current.add_done_callback(self._on_sync_end)

    async def _watch_clock(self) -> None:
        """Reschedule the next sync when the system clock changes."""
        offset = time() - monotonic()
        while True:
            await asyncio.sleep(min(_CLOCK_CHECK_S, self._interval))
            moved, offset = time() - monotonic() - offset, time() - monotonic()
            if abs(moved) > _MIN_CLOCK_JUMP_S:
                log.warning(
                    "the machine's clock was set: the next sync is planned anew", seconds=round(moved)
                )
                left = max(0.0, self._interval - (monotonic() - self._began_at))
                self._scheduler.modify_job(
                    _JOB, next_run_time=datetime.fromtimestamp(time(), UTC) + timedelta(seconds=left)
                )

    def _on_sync_end(self, sync: asyncio.Task[None]) -> None:
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

        for summary in await sync_all(self._pipeline, self._delivery, plan, nightly=True, done=done):
            await judge_after(self._pipeline, self._delivery, summary)
        self._pipeline.synced.set()

    async def _webhook_age(self, name: str) -> float | None:
        last = await self._pipeline.last_webhook_at(name)
        return None if last is None else self._pipeline.clock() - last

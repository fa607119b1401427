"""`ci-health run`: APScheduler starts the syncs, delivery goes on beside them, SIGTERM drains.

APScheduler's own shutdown cancels running coroutines at once, so the sync that is under way gets a
moment first. Cut short, it loses nothing: points and the progress that covers them are committed
together, and what is not delivered waits in the outbox for the next start.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from etl.errors import CiHealthError, RetriableError
from etl.http.etl_metrics import EtlMetrics
from etl.http.routes import Parts, open_routes
from etl.pipeline.context import Pipeline, open_pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.schedule import Schedule
from etl.pipeline.summary import Summary
from etl.pipeline.sync import sync_all
from etl.pipeline.tag_settings import require_unchanged
from etl.settings import Settings

log = structlog.get_logger(__name__)

# Together less than the ten seconds after which container engines kill what they told to stop.
LAST_READ_S = 3.0
_LAST_DELIVERY_S = 5.0
_AGAIN_S = 2.0


class Service:
    """The scheduled syncs of one pipeline, one at a time; delivery and HTTP server beside them."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.delivery = Delivery(pipeline.state.outbox, pipeline.store, patience=None)
        self._telemetry = EtlMetrics(pipeline, self.delivery)
        self._parts: Parts = {}
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._current: asyncio.Task[None] | None = None
        self._schedule = Schedule(
            pipeline.last_webhook_at, pipeline.settings.http.webhooks.sweep.total_seconds()
        )
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Start no further sync, and let the one under way and the delivery come to an end."""
        if not self._stopping.is_set():
            log.info("stopping")
        self._stopping.set()

    async def run(self) -> None:
        """Serve until stopped. Raises ConfigurationError where the HTTP server cannot listen."""
        async with open_routes(self._pipeline, self.delivery, self._telemetry, self._parts, self._trouble):
            delivery = self._parts["delivery"] = asyncio.create_task(self.delivery.run())
            self._begin_syncs()
            try:
                await self._stopping.wait()
            finally:
                await self._end_syncs()
                await self._end_delivery(delivery)

    def _begin_syncs(self) -> None:
        self._scheduler.add_job(
            self._tick,
            "interval",
            seconds=self._pipeline.settings.interval.total_seconds(),
            next_run_time=datetime.now(UTC),
            # A sync that comes late is still wanted, and two that wait are one.
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
        self._scheduler.start()

    def _trouble(self) -> list[str]:
        """What ended and should not have; nothing does, unless something is wrong with us."""
        ended = [f"{name} has ended" for name, task in self._parts.items() if task.done()]
        return ["the service is stopping"] if self._stopping.is_set() else ended

    async def _tick(self) -> None:
        """What the scheduler starts. It ends at once, for the scheduler cancels at its end what still runs."""
        if self._current is None or self._current.done():
            self._current = asyncio.create_task(self._sync())
            self._current.add_done_callback(self._ended)

    def _ended(self, sync: asyncio.Task[None]) -> None:
        if not sync.cancelled() and (error := sync.exception()):
            log.error("sync failed", reason=str(error), exc_info=error if self._pipeline.debug else None)

    async def _sync(self) -> None:
        pipeline, now = self._pipeline, self._pipeline.clock()
        plan = self._schedule.due(await pipeline.repositories.names(), now)

        def done(summary: Summary) -> None:
            self._telemetry.synced(summary)
            if summary.error is None:
                self._schedule.done(summary.repository, now, newest_only=plan[summary.repository])

        await sync_all(pipeline, self.delivery, plan, done=done)

    async def _end_syncs(self) -> None:
        self._scheduler.pause()
        # A tick that is due begins before.
        await asyncio.sleep(0)
        await self._end_sync()
        self._scheduler.shutdown(wait=False)

    async def _end_sync(self) -> None:
        """Wait a little for the sync under way, then cancel it: whatever it committed stays."""
        if self._current is None or self._current.done():
            return
        await asyncio.wait([self._current], timeout=LAST_READ_S)
        if self._current.cancel():
            log.info("the sync under way was cut short: the next one goes on where it stood")
            await asyncio.wait([self._current])

    async def _end_delivery(self, delivery: asyncio.Task[None]) -> None:
        self.delivery.finish()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_DELIVERY_S):
                await delivery
        log.info("stopped", points_waiting=self._points_waiting())

    def _points_waiting(self) -> int | None:
        """Points in the outbox; None where the state cannot be asked, which keeps nobody from stopping."""
        try:
            return self._pipeline.state.outbox.backlog().points
        except CiHealthError:
            return None


def _service(pipeline: Pipeline) -> Service:
    if pipeline.queue is None:
        return Service(pipeline)
    # It is made of this class.
    from etl.workers.service import WorkerService  # noqa: PLC0415

    return WorkerService(pipeline, pipeline.queue)


async def serve(settings: Settings, *, debug: bool = False) -> None:
    """Run the service until SIGTERM or SIGINT; a state that is away as it starts is waited for."""
    stopping = asyncio.Event()
    _on_signals(stopping.set)
    async with AsyncExitStack() as stack:
        pipeline = await _open(stack, settings, stopping, debug=debug)
        if pipeline is None or stopping.is_set():
            return
        service = _service(pipeline)
        _on_signals(service.stop)
        log.info("serving", repositories=list(settings.repositories), store=pipeline.store.address)
        await service.run()


async def _open(
    stack: AsyncExitStack, settings: Settings, stopping: asyncio.Event, *, debug: bool
) -> Pipeline | None:
    """The pipeline, once its state can be used; None where the service was told to stop before."""
    told = False
    while not stopping.is_set():
        try:
            return await stack.enter_async_context(_opened(settings, debug=debug))
        except RetriableError as error:
            if not told:
                log.warning("the state cannot be used yet: trying again", reason=str(error))
            told = True
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _AGAIN_S)
    return None


@asynccontextmanager
async def _opened(settings: Settings, *, debug: bool) -> AsyncIterator[Pipeline]:
    async with open_pipeline(settings, debug=debug) as pipeline:
        require_unchanged(pipeline.state.metadata, settings, accept=False)
        yield pipeline


def _on_signals(stop: Callable[[], object]) -> None:
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop)

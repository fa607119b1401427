"""Starts the service and stops it on SIGTERM or SIGINT."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import structlog

from etl.app import App, open_app
from etl.errors import RetriableError
from etl.http.etl_metrics import EtlMetrics
from etl.pipeline.delivery import Delivery
from etl.pipeline.tag_settings import require_unchanged
from etl.service.scheduler import Scheduler
from etl.service.service import Service, Syncs
from etl.settings import Settings

log = structlog.get_logger(__name__)

_RETRY_S = 2.0


async def serve(settings: Settings, *, debug: bool = False) -> None:
    """Run the service until SIGTERM or SIGINT. If the state is unavailable at startup, wait for it."""
    stopping = asyncio.Event()
    _on_signals(stopping.set)
    asyncio.get_running_loop().set_exception_handler(partial(_log_task_error, stopping))
    async with AsyncExitStack() as stack:
        app = await _open(stack, settings, stopping, debug=debug)
        if app is None or stopping.is_set():
            return
        service = service_of(app)

        def stop() -> None:
            stopping.set()
            service.stop()

        _on_signals(stop)
        log.info("serving", repositories=list(settings.repositories), store=app.pipeline.store.address)
        await service.run()


def service_of(app: App) -> Service:
    """A service with a scheduler, or with a worker if the state is shared."""
    delivery = Delivery(app.pipeline.state, app.pipeline.store, patience=None)
    metrics = EtlMetrics(app.pipeline, delivery)
    syncs: Syncs
    if app.queue is None:
        syncs = Scheduler(app.pipeline, delivery, metrics.synced)
    else:
        # Slow to import, and most services do not share their state.
        from etl.service.worker import Worker  # noqa: PLC0415

        syncs = Worker(app.pipeline, delivery, app.queue, metrics.synced)
    return Service(app.pipeline, delivery, metrics, syncs)


async def _open(
    stack: AsyncExitStack, settings: Settings, stopping: asyncio.Event, *, debug: bool
) -> App | None:
    """The app once its state can be used, or None if the service was stopped first."""
    opening = asyncio.create_task(_keep_opening(stack, settings, debug=debug))
    stop_requested = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait([opening, stop_requested], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop_requested.cancel()
    if opening.done():
        return opening.result()
    # An unresponsive database must not keep the service from stopping.
    opening.cancel()
    await asyncio.wait([opening])
    return None


async def _keep_opening(stack: AsyncExitStack, settings: Settings, *, debug: bool) -> App:
    warned = False
    while True:
        try:
            return await stack.enter_async_context(_opened(settings, debug=debug))
        except RetriableError as error:
            if not warned:
                log.warning("the state cannot be used yet: trying again", reason=str(error))
            warned = True
        await asyncio.sleep(_RETRY_S)


@asynccontextmanager
async def _opened(settings: Settings, *, debug: bool) -> AsyncIterator[App]:
    async with open_app(settings, debug=debug) as app:
        state = app.pipeline.state
        await state.call(require_unchanged, state.metadata, settings, accept=False)
        yield app


def _log_task_error(
    stopping: asyncio.Event, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]
) -> None:
    """Log a failed library task; only at debug level while stopping, when unreachable servers cause some."""
    error = context.get("exception")
    write = log.debug if stopping.is_set() else log.error
    write(
        "a task failed",
        reason=f"{context['message'].splitlines()[0]}: {error!r}",
        exc_info=error if stopping.is_set() else None,
    )


def _on_signals(stop: Callable[[], object]) -> None:
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop)

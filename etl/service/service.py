"""The service: syncs, delivery and the HTTP server beside each other, until it is told to stop."""

import asyncio
from contextlib import suppress
from typing import Protocol

import structlog

from etl.errors import CiHealthError
from etl.http.etl_metrics import EtlMetrics
from etl.http.routes import Parts, open_routes
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery

log = structlog.get_logger(__name__)

# With the last sync, less than the ten seconds after which container engines kill what they told to stop.
_LAST_DELIVERY_S = 5.0
_LAST_COUNT_S = 1.0


class Syncs(Protocol):
    """What starts the syncs: a scheduler, or a worker beside others."""

    def start(self) -> Parts:
        """Start them; returns the tasks that must not end before `stop`."""
        ...

    def trouble(self) -> str | None:
        """Why no sync begins; None while they do."""
        ...

    async def stop(self) -> None:
        """Start no further sync, and end the ones under way within some seconds."""
        ...


class Service:
    """One pipeline at work. `delivery` and `metrics` are shared with `syncs`."""

    def __init__(self, pipeline: Pipeline, delivery: Delivery, metrics: EtlMetrics, syncs: Syncs) -> None:
        self._pipeline = pipeline
        self.delivery = delivery
        self._metrics = metrics
        self._syncs = syncs
        self._parts: Parts = {}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Start no further sync, and let the one under way and the delivery come to an end."""
        if not self._stopping.is_set():
            log.info("stopping")
        self._stopping.set()

    async def run(self) -> None:
        """Serve until stopped. Raises ConfigurationError where the HTTP server cannot listen."""
        async with open_routes(self._pipeline, self.delivery, self._metrics, self._parts, self._trouble):
            delivering = self._parts["delivery"] = asyncio.create_task(self.delivery.run())
            self._parts |= self._syncs.start()
            try:
                await self._stopping.wait()
            finally:
                await self._syncs.stop()
                await self._end_delivery(delivering)

    def _trouble(self) -> list[str]:
        """What ended and should not have; nothing does, unless there is a bug here."""
        ended = [f"{name} has ended" for name, task in self._parts.items() if task.done()]
        if (trouble := self._syncs.trouble()) is not None:
            ended.append(trouble)
        return ["the service is stopping"] if self._stopping.is_set() else ended

    async def _end_delivery(self, delivering: asyncio.Task[None]) -> None:
        self.delivery.finish()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_DELIVERY_S):
                await delivering
        log.info("stopped", points_waiting=await self._points_waiting())

    async def _points_waiting(self) -> int | None:
        """Points in the outbox; None where the state cannot be asked, which must not keep the service from stopping."""
        state = self._pipeline.state
        try:
            async with asyncio.timeout(_LAST_COUNT_S):
                return await state.call(state.outbox.points)
        except (CiHealthError, TimeoutError):
            return None

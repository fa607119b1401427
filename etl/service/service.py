"""The service: runs syncs, delivery and the HTTP server concurrently until it is stopped."""

import asyncio
from contextlib import suppress
from typing import Protocol

import structlog

from etl.errors import CiHealthError
from etl.http.etl_metrics import EtlMetrics
from etl.http.routes import Parts, open_routes
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.service.comments import Comments
from etl.service.digests import Digests

log = structlog.get_logger(__name__)

# Together with the last sync, less than the 10 s that container engines wait before they kill a container.
_LAST_DELIVERY_S = 5.0
_LAST_COUNT_S = 1.0


class Syncs(Protocol):
    """Starts the syncs: a scheduler, or one of several workers."""

    def start(self) -> Parts:
        """Start syncing; returns the tasks that must not end before `stop`."""
        ...

    def trouble(self) -> str | None:
        """Why no sync starts, or None if all is well."""
        ...

    async def stop(self) -> None:
        """Start no more syncs, and end the running ones within a few seconds."""
        ...


class Service:
    """Runs one pipeline. `delivery` and `metrics` are shared with `syncs`."""

    def __init__(self, pipeline: Pipeline, delivery: Delivery, metrics: EtlMetrics, syncs: Syncs) -> None:
        self._pipeline = pipeline
        self.delivery = delivery
        self._metrics = metrics
        self._syncs = syncs
        self._parts: Parts = {}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Start no more syncs, and let the running one and the delivery finish."""
        if not self._stopping.is_set():
            log.info("stopping")
        self._stopping.set()

    async def run(self) -> None:
        """Serve until stopped. Raises ConfigurationError if the HTTP server cannot listen."""
        async with open_routes(self._pipeline, self.delivery, self._metrics, self._parts, self._trouble):
            delivering = self._parts["delivery"] = asyncio.create_task(self.delivery.run())
            writing = self._writing()
            self._parts |= writing | self._syncs.start()
            try:
                await self._stopping.wait()
            finally:
                for task in writing.values():
                    task.cancel()
                await self._syncs.stop()
                await self._end_delivery(delivering)

    def _writing(self) -> Parts:
        """Start what writes to people, where the settings ask for it."""
        settings, parts = self._pipeline.settings, Parts()
        if settings.digest.url is not None:
            digests = Digests(self._pipeline, settings.digest.url.get_secret_value())
            parts["the digest"] = asyncio.create_task(digests.run())
        if settings.http.enabled and settings.http.webhooks.comments:
            comments = Comments(self._pipeline, self.delivery, self._metrics.commented)
            parts["comments"] = asyncio.create_task(comments.run())
        return parts

    def _trouble(self) -> list[str]:
        """Parts that ended unexpectedly, which only a bug here can cause."""
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
        """Points in the outbox; None if the state does not answer, which must not block the shutdown."""
        state = self._pipeline.state
        try:
            async with asyncio.timeout(_LAST_COUNT_S):
                return await state.call(state.outbox.points)
        except (CiHealthError, TimeoutError):
            return None
